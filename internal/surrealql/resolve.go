package surrealql

import (
	"fmt"
	"slices"
	"strings"
)

// Path leads from a row to a value: the keys to follow, from the outside in.
// An empty Path is the row itself. Where a step meets no object, or an object
// without the key, the value is nil.
type Path []string

// Check reports columns that are bound to land on one key of the server's
// answer, as far as the text tells. Resolve finds the others.
func (pr *Projection) Check() error {
	var sure []Column
	var paths []Path
	for _, c := range pr.Columns {
		if c.free || len(c.places) == 0 {
			continue
		}
		var path Path
		for _, s := range c.places[0] {
			path = append(path, s.text)
		}
		sure = append(sure, c)
		paths = append(paths, path)
	}
	return collision(sure, paths)
}

// Resolve finds where in a row the value of each column is. keys returns the
// keys of the object that a path leads to in that row, or nil if there is no
// object there; keys(nil) are those of the row. Any row that is an object will
// do: the keys depend on the text and the server's version, not on the data.
//
// An error names the columns that cannot be told apart and asks for an alias;
// a value is never guessed.
func (pr *Projection) Resolve(keys func(Path) []string) ([]Path, error) {
	top := keys(nil)
	if pr.staticIn(top) {
		return pr.static, nil
	}
	r := resolver{keys: keys, top: top, cols: pr.Columns, paths: make([]Path, len(pr.Columns))}
	for i := range r.cols {
		r.missing = append(r.missing, i)
	}
	r.pass(strict)
	if len(r.missing) > 0 {
		r.pass(loose)
	}
	if len(r.missing) > 0 {
		if err := r.settle(); err != nil {
			return nil, err
		}
	}
	if err := collision(r.cols, r.paths); err != nil {
		return nil, err
	}
	return r.paths, nil
}

// staticIn reports whether the static places are there.
func (pr *Projection) staticIn(top []string) bool {
	for _, path := range pr.static {
		if !slices.Contains(top, path[0]) {
			return false
		}
	}
	return pr.static != nil
}

type resolver struct {
	keys    func(Path) []string
	top     []string
	cols    []Column
	claimed []string
	paths   []Path
	missing []int // columns not found yet
}

// pass looks for the columns that are missing. The loose pass lets parentheses
// go, and therefore only takes keys that no strict match has claimed.
func (r *resolver) pass(m mode) {
	var still []int
	for _, i := range r.missing {
		path, ok := r.find(&r.cols[i], m)
		if !ok {
			still = append(still, i)
			continue
		}
		r.paths[i] = path
		if m == strict {
			r.claimed = append(r.claimed, path[0])
		}
	}
	if m == loose {
		for _, path := range r.paths {
			if len(path) > 0 {
				r.claimed = append(r.claimed, path[0])
			}
		}
	}
	r.missing = still
}

// find walks the places where the value of a column may be.
func (r *resolver) find(c *Column, m mode) (Path, bool) {
	if c.rendered {
		if path, ok := r.rendering(c, m); ok {
			return path, true
		}
	}
	for _, steps := range c.places {
		if path, ok := r.walk(r.top, steps, m); ok {
			return path, true
		}
		if m == loose {
			if path, ok := r.walk(r.left(), steps, m); ok {
				return path, true
			}
		}
	}
	return nil, false
}

// left are the keys of the row that no column has claimed.
func (r *resolver) left() []string {
	var left []string
	for _, k := range r.top {
		if !slices.Contains(r.claimed, k) {
			left = append(left, k)
		}
	}
	return left
}

// dotted is how the server takes a name or a rendering with dots for a path,
// unless it has blanks or brackets (measured on 3.0.2, read up to main).
func dotted(name string) []step {
	if !strings.Contains(name, ".") || strings.ContainsAny(name, "[( ") {
		return nil
	}
	return plainSteps(strings.Split(name, "."))
}

// rendering looks for the key that renders an expression: -age, 1.5 (which with
// a nested column beside it arrives as {"1": {"5f": …}}), a + 1.
func (r *resolver) rendering(c *Column, m mode) (Path, bool) {
	top := r.top
	if m == loose {
		top = r.left()
	}
	if path, ok := r.walk(top, []step{{c.text, true}}, m); ok {
		return path, true
	}
	return r.walk(r.top, dotted(strings.ReplaceAll(canonical(c.text, m), " ", "")), m)
}

func (r *resolver) walk(at []string, steps []step, m mode) (Path, bool) {
	path := make(Path, 0, len(steps))
	for i, s := range steps {
		if i > 0 {
			at = r.keys(path)
		}
		key, ok := s.match(at, m)
		if !ok {
			return nil, false
		}
		path = append(path, key)
	}
	return path, len(path) > 0
}

// match finds the key a step stands for: the very key, or the only one with
// the same canonical form.
func (s step) match(keys []string, m mode) (string, bool) {
	if slices.Contains(keys, s.text) && (!s.expr || m == strict) {
		return s.text, true
	}
	want := s.text
	if s.expr {
		want = canonical(s.text, m)
	}
	found, n := "", 0
	for _, k := range keys {
		if canonical(k, m) == want {
			found = k
			n++
		}
	}
	return found, n == 1
}

// settle places the columns whose key was not found.
func (r *resolver) settle() error {
	if len(r.cols) == 1 && r.cols[0].whole {
		r.paths[0] = Path{} // SELECT $this FROM [...] answers the value itself
		return nil
	}
	for _, i := range r.missing {
		// The object is there, the field in it is not.
		if c := &r.cols[i]; !c.free && len(c.places[0]) > 1 && slices.Contains(r.top, c.places[0][0].text) {
			r.claimed = append(r.claimed, c.places[0][0].text)
		}
	}
	left := r.left()
	if i := r.missing[0]; len(r.missing) == 1 && len(left) == 1 && r.eliminate(&r.cols[i], left[0]) {
		r.paths[i] = Path{left[0]}
		return nil
	}
	var unsure []string
	for _, i := range r.missing {
		if c := &r.cols[i]; c.free || c.sent != "" || len(c.places) > 1 || len(left) > 0 {
			unsure = append(unsure, quoted(&r.cols[i]))
			continue
		}
		for _, s := range r.cols[i].places[0] {
			r.paths[i] = append(r.paths[i], s.text) // absent: nil
		}
	}
	if unsure == nil {
		return nil
	}
	if len(left) == 0 {
		return ambiguity(fmt.Sprintf("none of the server's keys %q is that of %s: give an alias (… AS name)", r.top, strings.Join(unsure, ", ")))
	}
	return ambiguity(fmt.Sprintf("cannot tell which of the server's keys %q holds %s: give an alias (… AS name)", left, strings.Join(unsure, ", ")))
}

// eliminate reports whether the one key left over must hold the one column left
// over: not if the value may lie deeper.
func (r *resolver) eliminate(c *Column, key string) bool {
	if !c.free {
		return false
	}
	for _, steps := range c.places {
		if len(steps) > 1 {
			return false
		}
	}
	return !strings.Contains(c.text, ".") || r.keys(Path{key}) == nil
}
