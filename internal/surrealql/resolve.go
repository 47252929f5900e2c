package surrealql

import (
	"slices"
	"strings"
)

// Where in a row the value of each column is: from the text alone, where that is
// certain, else from the keys of a row.

// Static returns the path of each column where the text alone is certain of
// all of them: fields of plain names, plain aliases and calls, none of which
// collide. Then there is no need to Resolve; a row without the key has nil
// there. It returns nil otherwise. The paths must not be changed.
func (pr *Projection) Static() []Path { return pr.static }

// findStatic finds out whether the columns are static.
func (pr *Projection) findStatic() {
	steps := 0
	for i := range pr.Columns {
		c := &pr.Columns[i]
		if c.keyUnknown || c.mayBeRow && len(pr.Columns) == 1 && c.sentAlias == "" || len(c.candidates) != 1 {
			return
		}
		steps += len(c.candidates[0])
	}
	keys := make([]string, 0, steps)
	paths := make([]Path, len(pr.Columns))
	for i := range pr.Columns {
		from := len(keys)
		for _, s := range pr.Columns[i].candidates[0] {
			keys = append(keys, s.text)
		}
		paths[i] = keys[from:len(keys):len(keys)]
	}
	if collision(pr.Columns, paths) == nil {
		pr.static = paths
	}
}

// Check reports columns that are bound to land on one key of the server's
// answer, as far as the text tells. Resolve finds the others.
func (pr *Projection) Check() error {
	var sure []Column
	var paths []Path
	for _, c := range pr.Columns {
		if c.keyUnknown || len(c.candidates) == 0 {
			continue
		}
		var path Path
		for _, s := range c.candidates[0] {
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

// staticIn reports whether a row with these keys has the static paths.
func (pr *Projection) staticIn(top []string) bool {
	for _, path := range pr.static {
		if !slices.Contains(top, path[0]) {
			return false
		}
	}
	return pr.static != nil
}

// resolver finds the columns of one projection in one row.
type resolver struct {
	keys    func(Path) []string
	top     []string // the keys of the row
	cols    []Column
	claimed []string // keys of the row that columns were found at
	paths   []Path   // by column
	missing []int    // columns not found yet
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

// find tries the paths where the value of a column may be.
func (r *resolver) find(c *Column, m mode) (Path, bool) {
	if c.rendered {
		if path, ok := r.rendering(c, m); ok {
			return path, true
		}
	}
	for _, steps := range c.candidates {
		if path, ok := r.walk(r.top, steps, m); ok {
			return path, true
		}
		if m == loose {
			if path, ok := r.walk(r.unclaimed(), steps, m); ok {
				return path, true
			}
		}
	}
	return nil, false
}

// unclaimed are the keys of the row that no column has claimed.
func (r *resolver) unclaimed() []string {
	var keys []string
	for _, k := range r.top {
		if !slices.Contains(r.claimed, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// rendering looks for the key that renders an expression: -age, 1.5 (which with
// a nested column beside it arrives as {"1": {"5f": …}}), a + 1.
func (r *resolver) rendering(c *Column, m mode) (Path, bool) {
	top := r.top
	if m == loose {
		top = r.unclaimed()
	}
	if path, ok := r.walk(top, []step{{c.source, true}}, m); ok {
		return path, true
	}
	return r.walk(r.top, dotted(strings.ReplaceAll(canonical(c.source, m), " ", "")), m)
}

// walk follows steps from an object with the keys at.
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

// settle decides about the columns whose key was not found.
func (r *resolver) settle() error {
	if len(r.cols) == 1 && r.cols[0].mayBeRow {
		r.paths[0] = Path{} // SELECT $this FROM [...] answers the value itself
		return nil
	}
	for _, i := range r.missing {
		c := &r.cols[i]
		if c.keyUnknown || len(c.candidates[0]) == 1 {
			continue
		}
		if object := c.candidates[0][0].text; slices.Contains(r.top, object) {
			r.claimed = append(r.claimed, object) // it is there, the field in it is not
		}
	}
	left := r.unclaimed()
	if i := r.missing[0]; len(r.missing) == 1 && len(left) == 1 && r.mustHold(&r.cols[i], left[0]) {
		r.paths[i] = Path{left[0]}
		return nil
	}
	var unsure []string
	for _, i := range r.missing {
		if c := &r.cols[i]; c.keyUnknown || c.sentAlias != "" || len(c.candidates) > 1 || len(left) > 0 {
			unsure = append(unsure, describe(&r.cols[i]))
			continue
		}
		for _, s := range r.cols[i].candidates[0] {
			r.paths[i] = append(r.paths[i], s.text) // absent: nil
		}
	}
	if unsure == nil {
		return nil
	}
	which := strings.Join(unsure, ", ")
	if len(left) == 0 {
		return ambiguous("none of the server's keys %q is that of %s: give an alias (… AS name)", r.top, which)
	}
	return ambiguous("cannot tell which of the server's keys %q holds %s: give an alias (… AS name)", left, which)
}

// mustHold reports whether the one key left over must hold the one column left
// over: not if the value may lie deeper.
func (r *resolver) mustHold(c *Column, key string) bool {
	if !c.keyUnknown {
		return false
	}
	for _, steps := range c.candidates {
		if len(steps) > 1 {
			return false
		}
	}
	return !strings.Contains(c.source, ".") || r.keys(Path{key}) == nil
}
