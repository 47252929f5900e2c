package surrealsql

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// A struct is an object. A field's name is what its `surreal` tag says, else its
// `json` tag, else its Go name. "-" leaves it out; omitempty and omitzero mean
// what they mean to encoding/json. Embedded structs without a name of their own
// lend their fields, by Go's rules: the shallower wins, then the tagged one.

type structField struct {
	name   string
	index  []int
	tagged bool
	empty  bool // omitempty
	zero   bool // omitzero
}

type structPlan struct {
	fields   []structField
	byName   map[string]*structField
	opaque   bool // it has fields, but none that may be seen
	optional bool // not every value has all fields
}

var plans sync.Map // of reflect.Type to *structPlan

func planOf(t reflect.Type) *structPlan {
	if p, ok := plans.Load(t); ok {
		return p.(*structPlan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*structPlan)
}

func newPlan(t reflect.Type) *structPlan {
	p := &structPlan{byName: map[string]*structField{}}
	for _, group := range groupByName(collectFields(t)) {
		if f, ok := dominant(group); ok {
			p.fields = append(p.fields, f)
		}
	}
	slices.SortFunc(p.fields, func(x, y structField) int { return slices.Compare(x.index, y.index) })
	for i := range p.fields {
		f := &p.fields[i]
		p.byName[f.name] = f
		p.optional = p.optional || f.empty || f.zero || len(f.index) > 1
	}
	p.opaque = len(p.fields) == 0 && t.NumField() > 0
	return p
}

// collectFields walks t and what it embeds, each struct type once on each level.
func collectFields(t reflect.Type) []structField {
	type level struct {
		t     reflect.Type
		index []int
	}
	var all []structField
	seen := map[reflect.Type]bool{}
	for next := []level{{t, nil}}; len(next) > 0; {
		current := next
		next = nil
		for _, l := range current {
			seen[l.t] = true
		}
		for _, l := range current {
			for i := range l.t.NumField() {
				sf := l.t.Field(i)
				f, ok := tagOf(sf)
				if !ok {
					continue
				}
				f.index = append(slices.Clone(l.index), i)
				embedded := sf.Type
				if embedded.Kind() == reflect.Pointer {
					embedded = embedded.Elem()
				}
				lends := sf.Anonymous && !f.tagged && embedded.Kind() == reflect.Struct && !speaks(embedded)
				if sf.IsExported() && !lends {
					all = append(all, f)
				} else if !seen[embedded] {
					next = append(next, level{embedded, f.index})
				}
			}
		}
	}
	return all
}

// tagOf reads a field's tags; false for fields that are not the object's.
func tagOf(sf reflect.StructField) (structField, bool) {
	tag, ok := sf.Tag.Lookup("surreal")
	if !ok {
		tag = sf.Tag.Get("json")
	}
	if tag == "-" {
		return structField{}, false
	}
	if !sf.IsExported() && (!sf.Anonymous || sf.Type.Kind() != reflect.Struct || tag != "") {
		return structField{}, false // an embedded struct may still lend its exported fields
	}
	name, options, _ := strings.Cut(tag, ",")
	f := structField{name: name, tagged: name != ""}
	if name == "" {
		f.name = sf.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		f.empty = f.empty || option == "omitempty"
		f.zero = f.zero || option == "omitzero"
	}
	return f, true
}

func groupByName(fields []structField) [][]structField {
	slices.SortStableFunc(fields, func(x, y structField) int {
		return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(len(x.index), len(y.index)))
	})
	var groups [][]structField
	for i, f := range fields {
		if i > 0 && fields[i-1].name == f.name {
			groups[len(groups)-1] = append(groups[len(groups)-1], f)
		} else {
			groups = append(groups, []structField{f})
		}
	}
	return groups
}

// dominant chooses among the fields of one name, the shallowest first; none if
// two have equal rights.
func dominant(group []structField) (structField, bool) {
	var best []structField
	for _, tagged := range []bool{true, false} {
		for _, f := range group {
			if len(f.index) == len(group[0].index) && (f.tagged || !tagged) {
				best = append(best, f)
			}
		}
		if len(best) > 0 {
			break
		}
	}
	return best[0], len(best) == 1
}

func structEncoder(t reflect.Type) encodeFunc {
	return func(b []byte, v reflect.Value, enc encoding, depth int) (_ []byte, err error) {
		plan := planOf(t)
		if plan.opaque {
			return b, fmt.Errorf("a %s cannot be sent to SurrealDB: it has no exported fields and is no driver.Valuer", t)
		}
		if depth--; depth < 0 {
			return b, errTooDeep
		}
		n := len(plan.fields)
		if plan.optional {
			n = plan.present(v)
		}
		b = cbor.AppendMapHeader(b, n)
		for i := range plan.fields {
			f := &plan.fields[i]
			fv, ok := f.in(v)
			if !ok {
				continue
			}
			if b, err = appendElem(cbor.AppendText(b, f.name), fv, enc, depth); err != nil {
				return b, atField(f.name, err)
			}
		}
		return b, nil
	}
}

func (p *structPlan) present(v reflect.Value) int {
	n := 0
	for i := range p.fields {
		if _, ok := p.fields[i].in(v); ok {
			n++
		}
	}
	return n
}

// in finds the field in a struct; false if it is to be left out, or belongs to an
// embedded pointer that is nil.
func (f *structField) in(v reflect.Value) (reflect.Value, bool) {
	if len(f.index) == 1 {
		v = v.Field(f.index[0])
	} else {
		for i, x := range f.index {
			if i > 0 && v.Kind() == reflect.Pointer {
				if v.IsNil() {
					return v, false
				}
				v = v.Elem()
			}
			v = v.Field(x)
		}
	}
	return v, !(f.empty && isEmpty(v)) && !(f.zero && isZero(v))
}

// isEmpty is omitempty's test.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is omitzero's test, which asks the type if it has an opinion.
func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return true
		}
		return z.IsZero()
	}
	return v.IsZero()
}
