package surrealql

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAmbiguous is what all errors of Check and Resolve are: the server's answer
// does not keep the columns apart.
var ErrAmbiguous = errors.New("columns cannot be told apart")

// ambiguity is an ErrAmbiguous that says which columns they are and what to do, and
// leaves it to the caller to say of what kind it is.
type ambiguity string

func (a ambiguity) Error() string { return string(a) }

func (ambiguity) Unwrap() error { return ErrAmbiguous }

// fewColumns is up to how many columns are compared pair by pair, which needs
// no memory.
const fewColumns = 16

// collision reports two different columns one of which lies at or under the
// place of the other: the server has then written one over the other. The same
// text twice is one column twice, and no collision.
func collision(cols []Column, paths []Path) error {
	if len(cols) <= fewColumns {
		return collisionOfFew(cols, paths)
	}
	root := &place{col: -1}
	for i, path := range paths {
		at := root
		for _, key := range path {
			at = at.under(key)
		}
		if at.col >= 0 && !sameText(&cols[i], &cols[at.col]) {
			return clash(&cols[at.col], &cols[i], path)
		}
		at.col = i
	}
	for i, path := range paths {
		at := root
		for n, key := range path {
			if at.col >= 0 {
				return clash(&cols[min(i, at.col)], &cols[max(i, at.col)], path[:n])
			}
			at = at.under(key)
		}
	}
	return nil
}

// place is a node of the tree of keys; col is the column that lies there.
type place struct {
	keys map[string]*place
	col  int
}

func (p *place) under(key string) *place {
	if p.keys == nil {
		p.keys = make(map[string]*place)
	}
	next := p.keys[key]
	if next == nil {
		next = &place{col: -1}
		p.keys[key] = next
	}
	return next
}

func collisionOfFew(cols []Column, paths []Path) error {
	for i := range paths {
		for j := range i {
			n := min(len(paths[i]), len(paths[j]))
			if !samePath(paths[i][:n], paths[j][:n]) {
				continue
			}
			if len(paths[i]) == len(paths[j]) && sameText(&cols[i], &cols[j]) {
				continue
			}
			return clash(&cols[j], &cols[i], paths[i][:n])
		}
	}
	return nil
}

// samePath compares from the end, where paths of one table mostly differ.
func samePath(a, b Path) bool {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func sameText(a, b *Column) bool {
	return a.text == b.text || tidy(a.text) == tidy(b.text)
}

func clash(a, b *Column, path Path) error {
	return ambiguity(fmt.Sprintf("%s and %s both arrive as %q: give one an alias (… AS name)", quoted(a), quoted(b), strings.Join(path, ".")))
}

func quoted(c *Column) string { return "column `" + tidy(c.text) + "`" }
