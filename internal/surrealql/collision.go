package surrealql

import (
	"errors"
	"fmt"
	"strings"
)

// Columns that the server writes one over the other.

// ErrAmbiguous is what all errors of Check and Resolve are: the server's answer
// does not keep the columns apart.
var ErrAmbiguous = errors.New("columns cannot be told apart")

// ambiguity is an ErrAmbiguous that says which columns they are and what to do, and
// leaves it to the caller to say of what kind it is.
type ambiguity string

func (a ambiguity) Error() string { return string(a) }

func (ambiguity) Unwrap() error { return ErrAmbiguous }

func ambiguous(format string, args ...any) error { return ambiguity(fmt.Sprintf(format, args...)) }

// fewColumns is up to how many columns are compared pair by pair, which needs
// no memory.
const fewColumns = 16

// collision reports two different columns of which one lies at the path of the other
// or under it: the server has then written one over the other. The same text twice is
// one column twice, and no collision.
func collision(cols []Column, paths []Path) error {
	if len(cols) <= fewColumns {
		return collisionOfFew(cols, paths)
	}
	root := &keyNode{col: -1}
	for i, path := range paths {
		at := root
		for _, key := range path {
			at = at.child(key)
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
			at = at.child(key)
		}
	}
	return nil
}

// keyNode is a node of the tree of keys.
type keyNode struct {
	keys map[string]*keyNode
	col  int // the column that lies here, or -1
}

func (n *keyNode) child(key string) *keyNode {
	if n.keys == nil {
		n.keys = make(map[string]*keyNode)
	}
	next := n.keys[key]
	if next == nil {
		next = &keyNode{col: -1}
		n.keys[key] = next
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
	return a.source == b.source || tidy(a.source) == tidy(b.source)
}

func clash(a, b *Column, path Path) error {
	return ambiguous("%s and %s both arrive as %q: give one an alias (… AS name)",
		describe(a), describe(b), strings.Join(path, "."))
}

// describe is how an error names a column.
func describe(c *Column) string { return "column `" + tidy(c.source) + "`" }
