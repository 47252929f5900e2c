package surrealsql

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A struct is an object. A field's name is what its `surreal` tag says, else its
// `json` tag, else its Go name. "-" leaves it out; omitempty and omitzero mean
// what they mean to encoding/json. Embedded structs without a name of their own
// have their fields promoted, by Go's rules: the shallower wins, then the tagged one. So
// have those of types that are not exported. All of that is as encoding/json has it, so
// that a struct has the same keys in both.

type structField struct {
	name   string
	index  []int
	tagged bool
	empty  bool // omitempty
	zero   bool // omitzero
}

// optional reports whether some values of the struct are without the field.
func (f *structField) optional() bool { return f.empty || f.zero || len(f.index) > 1 }

type structPlan struct {
	fields   []structField
	byName   map[string]*structField
	opaque   bool  // it has fields, but none that may be seen
	optional bool  // not every value has all fields
	delegate []int // the embedded field whose promoted methods decode the struct, or nil
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
	all, hidden := collectFields(t)
	for _, group := range groupByName(all) {
		if f, ok := dominant(group); ok {
			p.fields = append(p.fields, f)
		}
	}
	slices.SortFunc(p.fields, func(x, y structField) int { return slices.Compare(x.index, y.index) })
	for i := range p.fields {
		f := &p.fields[i]
		p.byName[f.name] = f
		p.optional = p.optional || f.optional()
	}
	p.opaque = len(p.fields) == 0 && hidden
	p.delegate = delegateOf(t)
	return p
}

// collectFields walks t and what it embeds, each struct type once on each level.
// hidden tells that there are fields that cannot be seen.
func collectFields(t reflect.Type) (all []structField, hidden bool) {
	type level struct {
		t     reflect.Type
		index []int
	}
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
				embedded := structOf(sf.Type)
				if !sf.IsExported() && !(sf.Anonymous && embedded.Kind() == reflect.Struct) {
					hidden = true
					continue
				}
				f, ok := tagOf(sf)
				if !ok {
					continue
				}
				f.index = append(slices.Clone(l.index), i)
				if promotes := sf.Anonymous && !f.tagged && embedded.Kind() == reflect.Struct; !promotes {
					all = append(all, f)
				} else if !seen[embedded] {
					next = append(next, level{embedded, f.index})
				}
			}
		}
	}
	return all, hidden
}

// tagOf reads the tags of a field; false for one that is left out. A name that
// encoding/json does not take (before Go 1.27, which cuts it) is no name.
func tagOf(sf reflect.StructField) (structField, bool) {
	tag, own := sf.Tag.Lookup("surreal")
	if !own {
		tag = sf.Tag.Get("json")
	}
	if tag == "-" {
		return structField{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if !own && !isJSONName(name) {
		name = ""
	}
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

func isJSONName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
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
	root, there := v, true
	if len(f.index) == 1 {
		v = v.Field(f.index[0])
	} else if v, there = within(v, f.index); !there {
		return v, false
	}
	if !v.CanInterface() {
		v = readable(root, v, f.index)
	}
	return v, !(f.empty && isEmpty(v)) && !(f.zero && isZero(v))
}

// isEmpty is omitempty's test.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Complex64, reflect.Complex128, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return false
	}
	return v.IsZero()
}

var zeroerType = reflect.TypeFor[interface{ IsZero() bool }]()

// isZero is omitzero's test, which asks the type's IsZero if it has one.
func isZero(v reflect.Value) bool {
	t := v.Type()
	switch k := t.Kind(); {
	case t.Implements(zeroerType):
		if k == reflect.Interface && (v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil()) || k == reflect.Pointer && v.IsNil() {
			return true
		}
		return v.Interface().(interface{ IsZero() bool }).IsZero()
	case k != reflect.Interface && reflect.PointerTo(t).Implements(zeroerType):
		if !v.CanAddr() {
			p := reflect.New(t).Elem()
			p.Set(v)
			v = p
		}
		return v.Addr().Interface().(interface{ IsZero() bool }).IsZero()
	}
	return v.IsZero()
}

// lookup finds the field for a key, if need be in another case.
func (p *structPlan) lookup(name string) *structField {
	if f := p.byName[name]; f != nil {
		return f
	}
	for i := range p.fields {
		if strings.EqualFold(p.fields[i].name, name) {
			return &p.fields[i]
		}
	}
	return nil
}
