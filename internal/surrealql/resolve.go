package surrealql

import (
	"errors"
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
		if !c.free && len(c.paths) > 0 {
			sure = append(sure, c)
			paths = append(paths, c.paths[0])
		}
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
	r := resolver{keys: keys, top: keys(nil), paths: make([]Path, len(pr.Columns))}
	var missing []int
	for i := range pr.Columns {
		if path, ok := r.find(&pr.Columns[i]); ok {
			r.paths[i] = path
			r.claim(path)
		} else {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		if err := r.settle(pr.Columns, missing); err != nil {
			return nil, err
		}
	}
	if err := collision(pr.Columns, r.paths); err != nil {
		return nil, err
	}
	return r.paths, nil
}

type resolver struct {
	keys    func(Path) []string
	top     []string
	claimed []string
	paths   []Path
}

func (r *resolver) claim(path Path) {
	if len(path) > 0 {
		r.claimed = append(r.claimed, path[0])
	}
}

// find walks the places where the value of a column may be.
func (r *resolver) find(c *Column) (Path, bool) {
	if c.rendered {
		full := canonical(exprText(c))
		if path, ok := r.walk([]string{full}); ok {
			return path, true
		}
		// A rendering with a dot and without blanks or brackets is taken for a path
		// by the server, and nested: -b.c, 1.5 (measured on 3.0.2).
		if steps := dotted(full); steps != nil {
			if path, ok := r.walk(steps); ok {
				return path, true
			}
		}
	}
	for _, steps := range c.paths {
		if path, ok := r.walk(steps); ok {
			return path, true
		}
	}
	return nil, false
}

// exprText is the expression of a rendered column, which has no alias.
func exprText(c *Column) string { return c.text }

func dotted(canon string) []string {
	joined := strings.ReplaceAll(canon, " ", "")
	if !strings.Contains(joined, ".") || strings.ContainsAny(joined, "[(") {
		return nil
	}
	return strings.Split(joined, ".")
}

func (r *resolver) walk(steps []string) (Path, bool) {
	path := make(Path, 0, len(steps))
	at := r.top
	for i, step := range steps {
		if i > 0 {
			at = r.keys(path)
		}
		key, ok := match(at, step)
		if !ok {
			return nil, false
		}
		path = append(path, key)
	}
	return path, true
}

// match finds the key a step stands for: the very key, or the only one with
// the same canonical form.
func match(keys []string, step string) (string, bool) {
	if slices.Contains(keys, step) {
		return step, true
	}
	found, n := "", 0
	for _, k := range keys {
		if canonical(k) == step {
			found = k
			n++
		}
	}
	return found, n == 1
}

// settle places the columns whose key was not found.
func (r *resolver) settle(cols []Column, missing []int) error {
	var left []string
	for _, k := range r.top {
		if !slices.Contains(r.claimed, k) {
			left = append(left, k)
		}
	}
	if len(cols) == 1 && cols[0].whole {
		r.paths[0] = Path{} // SELECT $this FROM [...] answers the value itself
		return nil
	}
	if len(missing) == 1 && len(left) == 1 && cols[missing[0]].free {
		r.paths[missing[0]] = Path{left[0]}
		return nil
	}
	var unsure []string
	for _, i := range missing {
		if cols[i].free || len(left) > 0 {
			unsure = append(unsure, quoted(&cols[i]))
			continue
		}
		r.paths[i] = cols[i].paths[0] // absent: nil
	}
	if unsure == nil {
		return nil
	}
	return fmt.Errorf("surrealql: cannot tell which of the server's keys %q holds %s: give an alias (… AS name)",
		left, strings.Join(unsure, ", "))
}

func quoted(c *Column) string { return "column `" + tidy(c.text) + "`" }

// errSeparator cannot stand in a key.
const errSeparator = "\x00"

// collision reports two different columns one of which lies at or under the
// place of the other: the server has then written one over the other.
func collision(cols []Column, paths []Path) error {
	if len(cols) < 2 {
		return nil
	}
	taken := make(map[string]int, len(paths))
	for i, path := range paths {
		key := strings.Join(path, errSeparator)
		if j, ok := taken[key]; ok && tidy(cols[i].text) != tidy(cols[j].text) {
			return clash(&cols[j], &cols[i], path)
		}
		taken[key] = i
	}
	for i, path := range paths {
		for n := 1; n < len(path); n++ {
			if j, ok := taken[strings.Join(path[:n], errSeparator)]; ok {
				return clash(&cols[min(i, j)], &cols[max(i, j)], path[:n])
			}
		}
	}
	return nil
}

// ErrAmbiguous is what the errors about columns that land on one key are.
var ErrAmbiguous = errors.New("columns land on one key")

func clash(a, b *Column, path Path) error {
	return fmt.Errorf("surrealql: %w: %s and %s both arrive as %q: give one an alias (… AS name)",
		ErrAmbiguous, quoted(a), quoted(b), strings.Join(path, "."))
}
