package surrealmonitor

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/pool"
)

// What the page shows of a pool, in the words and digits that it shows.

// sample is a pool at one moment, as the page gets it.
type sample struct {
	point
	Connecting int     `json:"connecting"`
	Groups     []group `json:"groups"`
	Leaks      []leak  `json:"leaks"`
}

// point is what the chart shows of a moment.
type point struct {
	At      int64 `json:"at"` // milliseconds since 1970
	Held    int   `json:"held"`
	Idle    int   `json:"idle"`
	Waiting int   `json:"waiting"`
}

// group is some of the statistics, in words.
type group struct {
	Title string `json:"title"`
	Rows  []row  `json:"rows"`
}

type row struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type leak struct {
	Key   string `json:"key"` // tells it from others
	Since string `json:"since"`
	Held  string `json:"held"`
	Stack string `json:"stack"`
}

// sampleOf looks at a pool. before and elapsed give the rates.
func sampleOf(now time.Time, s, before pool.Stats, elapsed time.Duration, leaks []pool.Leak) sample {
	out := sample{
		point:      point{At: now.UnixMilli(), Held: s.Held, Idle: s.Idle, Waiting: s.Waiters},
		Connecting: s.Connecting,
		Groups:     []group{calls(s, before, elapsed), waits(s.AcquireWait), connections(s), peaks(s)},
		Leaks:      make([]leak, len(leaks)), // never null
	}
	for i, l := range leaks {
		out.Leaks[i] = leak{
			Key: strconv.FormatInt(l.Since.UnixNano(), 36), Since: l.Since.Format(time.TimeOnly),
			Held: l.Held.Round(time.Second).String(), Stack: l.Stack,
		}
	}
	return out
}

func calls(s, before pool.Stats, elapsed time.Duration) group {
	rate := 0.0
	if elapsed > 0 {
		rate = float64(s.Acquires-before.Acquires) / elapsed.Seconds()
	}
	return group{"Leases", []row{
		{"begun", count(s.Acquires)},
		{"a second", fmt.Sprintf("%.0f", rate)},
		{"timed out", count(s.Timeouts)},
		{"cancelled", count(s.Cancels)},
		{"refused", count(s.Refused)},
		{"leaked", count(s.Leaks)},
	}}
}

func waits(w pool.Wait) group {
	return group{"Waited for one", []row{
		{"on average", brief(w.Mean())},
		{"median", brief(w.P50)},
		{"95 of 100", brief(w.P95)},
		{"99 of 100", brief(w.P99)},
		{"at most", brief(w.Max)},
	}}
}

func connections(s pool.Stats) group {
	var why []string
	for _, r := range pool.Reasons {
		if n := s.ClosedBy[r]; n > 0 {
			why = append(why, fmt.Sprintf("%s %s", r, count(n)))
		}
	}
	return group{"Connections", []row{
		{"made", count(s.Created)},
		{"closed", count(s.Closed)},
		{"closed by", cmp.Or(strings.Join(why, ", "), "–")},
		{"connects that failed", count(s.ConnectErrors)},
		{"connects dropped", count(s.ConnectsDropped)},
		{"found dead", count(s.CheckFailures)},
	}}
}

func peaks(s pool.Stats) group {
	return group{"Peaks", []row{
		{"open", strconv.Itoa(s.PeakTotal)},
		{"in use", strconv.Itoa(s.PeakHeld)},
		{"being made", strconv.Itoa(s.PeakConnecting)},
		{"waiting", strconv.Itoa(s.PeakWaiters)},
	}}
}

// count writes a number with its thousands apart.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// brief writes a duration with about three digits.
func brief(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
	case d >= time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d > 0:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	}
	return "0"
}
