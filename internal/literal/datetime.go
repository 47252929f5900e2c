package literal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Datetimes as text.

// The first and the last datetime of SurrealDB: time::minimum and time::maximum
// (3.0.2, 3.3.5, 4.0 beta 1).
var (
	MinDatetime = time.Date(-262_143, 1, 1, 0, 0, 0, 0, time.UTC)
	MaxDatetime = time.Date(262_142, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
)

// ParseDatetime reads a datetime as the server does: RFC 3339, also with a year of
// more digits and a sign, with a space instead of the T, or the date alone, which is
// its midnight in UTC. Of the fraction nine digits count; 4.0 (beta 1) rounds by the
// tenth, 3.0.2 and 3.3.5 do not.
func ParseDatetime(s string) (time.Time, error) {
	p := datetimeParser{rest: s, ok: true}
	sign := p.oneOf("+-")
	digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
	year := p.number(max(digits, 4))
	if sign == '-' {
		year = -year
	}
	p.want("-")
	month := p.number(2)
	p.want("-")
	day := p.number(2)
	var hour, minute, second, nanos, offset int
	if p.ok && p.rest != "" {
		p.want("Tt ")
		hour = p.number(2)
		p.want(":")
		minute = p.number(2)
		p.want(":")
		second = p.number(2)
		nanos = p.fraction()
		offset = p.offset()
	}
	if !p.ok || p.rest != "" || digits > len("262142")+1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, badDatetime(s)
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC).Add(-time.Duration(offset) * time.Minute)
	if date.Month() != time.Month(month) || date.Day() != day || t.Before(MinDatetime) || t.After(MaxDatetime) {
		return time.Time{}, badDatetime(s)
	}
	return t, nil
}

func badDatetime(s string) error {
	return fmt.Errorf("%q is no datetime of SurrealDB: expected one such as 2006-01-02T15:04:05.999Z or 2006-01-02, from the year %d to %d", s, MinDatetime.Year(), MaxDatetime.Year())
}

type datetimeParser struct {
	rest string
	ok   bool
}

// oneOf consumes one of some bytes; 0 if another one comes.
func (p *datetimeParser) oneOf(set string) byte {
	if p.rest == "" || strings.IndexByte(set, p.rest[0]) < 0 {
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *datetimeParser) want(set string) {
	p.ok = p.oneOf(set) != 0 && p.ok
}

// number reads so many digits.
func (p *datetimeParser) number(digits int) int {
	if len(p.rest) < digits || !isInteger(p.rest[:digits]) {
		p.ok = false
		return 0
	}
	n, err := strconv.Atoi(p.rest[:digits])
	p.ok = p.ok && err == nil
	p.rest = p.rest[digits:]
	return n
}

func (p *datetimeParser) fraction() (nanos int) {
	if p.oneOf(".") == 0 {
		return 0
	}
	digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
	p.ok = p.ok && digits > 0
	for i := range 9 {
		nanos *= 10
		if i < digits {
			nanos += int(p.rest[i] - '0')
		}
	}
	p.rest = p.rest[digits:]
	return nanos
}

// offset reads the time zone, in minutes.
func (p *datetimeParser) offset() int {
	switch sign := p.oneOf("Zz+-"); sign {
	case 'Z', 'z':
		return 0
	case '+', '-':
		hours := p.number(2)
		p.want(":")
		minutes := p.number(2)
		p.ok = p.ok && hours < 24 && minutes < 60
		if sign == '-' {
			return -hours*60 - minutes
		}
		return hours*60 + minutes
	}
	p.ok = false
	return 0
}

// appendDatetime writes 0, 3, 6 or 9 digits of the second, and a year beyond
// 0 to 9999 with its sign.
func appendDatetime(b []byte, t time.Time) []byte {
	year := t.Year()
	switch {
	case year > 9999:
		b = fmt.Appendf(b, "+%d", year)
	case year < 0:
		b = fmt.Appendf(b, "-%04d", -year)
	default:
		b = fmt.Appendf(b, "%04d", year)
	}
	b = t.AppendFormat(b, "-01-02T15:04:05")
	switch ns := t.Nanosecond(); {
	case ns == 0:
	case ns%1_000_000 == 0:
		b = fmt.Appendf(b, ".%03d", ns/1_000_000)
	case ns%1000 == 0:
		b = fmt.Appendf(b, ".%06d", ns/1000)
	default:
		b = fmt.Appendf(b, ".%09d", ns)
	}
	return append(b, 'Z')
}
