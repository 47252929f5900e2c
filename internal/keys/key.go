// Package keys says what a DSN can say of a configuration: surrealsql.Config and
// pool.Settings each have one [List] of keys. Parsing, formatting, defaults,
// checks, environment variables, suggestions for misspelt keys and the documentation's
// tables all come from it: there is no second list.
package keys

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Key is one thing a DSN can say of a T.
type Key[T any] struct {
	Name       string
	Field      string   // of T; empty if there is none
	Aka        []string // other spellings, for suggestions
	Former     []string // names that it had; DSNs and environments that say them are still read
	Place      Place
	Secret     bool   // never shown
	Retired    bool   // read, for the sake of what says it already, and nowhere shown or written
	Default    string // as it would be written; empty if there is none
	DefaultDoc string // what the documentation says instead of Default
	Doc        string
	Value[T]
}

// Place is where in a DSN a key's value is written.
type Place int

const (
	InQuery    Place = iota
	InPath           // in the path, and understood in the query too
	BeforeHost       // and nowhere else: queries end up in logs
)

// Variable is the environment variable that says the same.
func (k *Key[T]) Variable() string { return variable(k.Name) }

func variable(name string) string { return "SURREALDB_" + strings.ToUpper(name) }

// Set reads v into t; said is how the reader knows the key: DSN key x, or the
// name of an environment variable.
func (k *Key[T]) Set(t *T, said, v string) error {
	if !k.set(t, v) {
		return k.refused(said, v)
	}
	return nil
}

func (k *Key[T]) refused(said, v string) error {
	got := strconv.Quote(v)
	if k.Secret {
		got = "a value that is not shown"
	}
	return fmt.Errorf("%s: %s: got %s, expected %s", packageOf[T](), said, got, k.Expect)
}

// Get returns t's value as it would be written, or "" if it is unset.
func (k *Key[T]) Get(t *T) string {
	if k.Retired { // another key says it
		return ""
	}
	return k.get(t)
}

// List is all that a DSN can say of a T. Its errors begin with the package of T.
type List[T any] []*Key[T]

// packageOf is the name of the package that T is declared in.
func packageOf[T any]() string {
	name, _, _ := strings.Cut(reflect.TypeFor[T]().String(), ".")
	return name
}

// Named is the key that has that name, or had it formerly, or nil.
func (l List[T]) Named(name string) *Key[T] {
	is := func(k *Key[T]) bool { return k.Name == name || slices.Contains(k.Former, name) }
	if i := slices.IndexFunc(l, is); i >= 0 {
		return l[i]
	}
	return nil
}

// ApplyDefaults gives every zero field of t the default of its key.
func (l List[T]) ApplyDefaults(t *T) {
	for _, k := range l {
		if k.Default != "" && k.Get(t) == "" && !k.set(t, k.Default) {
			panic(k.refused("default of "+k.Name, k.Default))
		}
	}
}

// Check tries each value of t by the rules of its key.
func (l List[T]) Check(t *T) error {
	scratch := new(T)
	for _, k := range l {
		if v := k.Get(t); v != "" && !k.set(scratch, v) {
			return k.refused(reflect.TypeFor[T]().Name()+"."+k.Field, v)
		}
	}
	return nil
}

// FromEnv reads the variables of all keys; an empty one counts as none. That of a
// key's name goes before those of its former names.
func (l List[T]) FromEnv(t *T, getenv func(string) string) error {
	var bad []error
	for _, k := range l {
		for _, name := range append(slices.Clone(k.Former), k.Name) {
			if v := getenv(variable(name)); v != "" {
				bad = append(bad, k.Set(t, variable(name), v))
			}
		}
	}
	return errors.Join(bad...)
}
