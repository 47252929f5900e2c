package keys

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// How a key's value is read and written, for each kind of field.

// Value is how a key's text is read into a field of a T, and written.
type Value[T any] struct {
	Expect string // what is read, for errors and the documentation

	set func(t *T, v string) bool
	get func(t *T) string
}

// valueOf is for a field whose zero value means that it is unset. What parse
// refuses is not stored.
func valueOf[T any, V comparable](field func(*T) *V, expect string, parse func(string) (V, bool), format func(V) string) Value[T] {
	return Value[T]{
		Expect: expect,
		set: func(t *T, text string) bool {
			v, ok := parse(text)
			if ok {
				*field(t) = v
			}
			return ok
		},
		get: func(t *T) string {
			if v := *field(t); v != *new(V) {
				return format(v)
			}
			return ""
		},
	}
}

// Text is any but the empty one. CBOR text must be UTF-8, and the server ends a
// session that sends other.
func Text[T any](field func(*T) *string) Value[T] {
	same := func(v string) string { return v }
	return valueOf(field, "text in UTF-8 that is not empty",
		func(v string) (string, bool) { return v, v != "" && utf8.ValidString(v) }, same)
}

// Bool is what strconv.ParseBool reads.
func Bool[T any](field func(*T) *bool) Value[T] {
	parse := func(v string) (bool, bool) {
		b, err := strconv.ParseBool(v)
		return b, err == nil
	}
	return valueOf(field, "true or false", parse, strconv.FormatBool)
}

// Not is Bool for a field that says the opposite.
func Not[T any](field func(*T) *bool) Value[T] {
	v := Bool(field)
	return Value[T]{
		Expect: v.Expect,
		set: func(t *T, text string) bool {
			ok := v.set(t, text)
			if ok {
				*field(t) = !*field(t)
			}
			return ok
		},
		get: func(t *T) string {
			if *field(t) {
				return "false"
			}
			return ""
		},
	}
}

// OneOf is one of at least two values.
func OneOf[T any, V ~string](field func(*T) *V, values ...V) Value[T] {
	format := func(v V) string { return string(v) }
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = format(v)
	}
	last := len(names) - 1
	return valueOf(field, strings.Join(names[:last], ", ")+" or "+names[last],
		func(v string) (V, bool) { return V(v), slices.Contains(values, V(v)) }, format)
}

// Count is a whole number, of 32 bits so that a DSN means the same on every
// machine.
func Count[T any](field func(*T) *int, least int) Value[T] {
	return Within(field, least, math.MaxInt32)
}

// Within is a whole number of a range.
func Within[T any](field func(*T) *int, least, most int) Value[T] {
	parse := func(v string) (int, bool) {
		n, err := strconv.ParseInt(v, 10, 32)
		return int(n), err == nil && int(n) >= least && int(n) <= most
	}
	return valueOf(field, fmt.Sprintf("a whole number from %d to %d", least, most), parse, strconv.Itoa)
}

// Duration is one that 0 turns off, and off is what the field is then: 0 where
// that is the default, else a negative value, because 0 means the default. Every
// negative value is written 0s.
func Duration[T any](field func(*T) *time.Duration, off time.Duration) Value[T] {
	parse := func(v string) (time.Duration, bool) {
		d, err := time.ParseDuration(v)
		if d == 0 {
			return off, err == nil
		}
		return d, err == nil && d > 0
	}
	format := func(d time.Duration) string { return max(d, 0).String() }
	return valueOf(field, "a duration such as 500ms or 1m30s, or 0 for off", parse, format)
}

// Positive is a duration that cannot be turned off.
func Positive[T any](field func(*T) *time.Duration, example string) Value[T] {
	parse := func(v string) (time.Duration, bool) {
		d, err := time.ParseDuration(v)
		return d, err == nil && d > 0
	}
	return valueOf(field, "a duration above 0, such as "+example, parse, time.Duration.String)
}
