// Package measure runs cases side by side and says what each costs.
//
// The cases of a group take turns: each round gives every case several short
// ones, and each round begins with another case. So what the machine does besides
// falls on all of them alike, as does the way in which its scheduler happens to
// place a client and its server. Figures are medians over the rounds; ratios are
// formed within a round, and their median is taken.
package measure

import (
	"fmt"
	"io"
	"time"
)

// Role is what a case is to a group.
type Role int

// The roles.
const (
	Subject  Role = iota // this driver
	Floor                // database/sql over values that lie ready
	Limit                // the bytes alone, without decoding
	SDK                  // the official SDK
	Relative             // another driver, or another way to do it
)

// Case is one thing to measure.
type Case struct {
	Name    string
	Role    Role
	Against string // the case to which its ratio refers; empty is the group's
	Rows    int    // rows an operation gives, for figures per row; 0 is none
	Workers int    // goroutines that do the operation at once; 0 is 1

	// Op is one operation. The workers count from 0.
	Op func(worker int) error
	// Before, if set, is called before each operation and is not measured. Only
	// for one worker.
	Before func() error
	// Extras, if set, is asked once for figures of another kind.
	Extras func() ([]Extra, error)
}

// Extra is a further figure of a case.
type Extra struct {
	Name  string
	Value float64
	Unit  string // "B", "ns", or "" for a number
}

// FirstRow names the figure that tells when the first row of a result was there.
const FirstRow = "first row"

// Group is cases that are comparable.
type Group struct {
	Key       string // names it on the command line
	Title     string
	About     string // what is measured, one paragraph
	Reference string // the case to which ratios refer
	PerRow    bool   // figures are per row
	Cases     []Case
	Close     func() error
}

// Options say how long to measure.
type Options struct {
	Rounds int
	Slice  time.Duration // about how long a case runs in each round
	Log    io.Writer     // told what goes on
}

// Sample is what one case cost in one round, per operation: nanoseconds, bytes
// and allocations.
type Sample struct {
	Time, CPU     float64
	Bytes, Allocs float64
	P50, P99      float64
}

// Result is what a case cost.
type Result struct {
	Case
	N       int // operations a round
	Samples []Sample
	Extra   []Extra
}

// Results are those of a group.
type Results struct {
	*Group
	Results []*Result
}

// Find returns the result of a case, or nil.
func (r *Results) Find(name string) *Result {
	for _, c := range r.Results {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Run measures a group.
func Run(g *Group, o Options) (*Results, error) {
	all := &Results{Group: g}
	for _, c := range g.Cases {
		n, err := calibrate(c, o.Slice)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", g.Key, c.Name, err)
		}
		all.Results = append(all.Results, &Result{Case: c, N: n})
	}
	for round := range o.Rounds {
		if err := all.round(round); err != nil {
			return nil, err
		}
		fmt.Fprintf(o.Log, "%s: round %d of %d\n", g.Key, round+1, o.Rounds)
	}
	for _, r := range all.Results {
		if r.Extras == nil {
			continue
		}
		var err error
		if r.Extra, err = r.Extras(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", g.Key, r.Name, err)
		}
	}
	return all, nil
}

// turns is how many a case has in a round, unless it is so slow that it does
// fewer operations.
const turns = 5

// round measures every case once, beginning with another one each time.
func (all *Results) round(round int) error {
	tallies := make([]tally, len(all.Results))
	for turn := range turns {
		for i := range all.Results {
			i := (i + round) % len(all.Results)
			r := all.Results[i]
			share := r.N*(turn+1)/turns - r.N*turn/turns
			if err := tallies[i].turn(r.Case, share); err != nil {
				return fmt.Errorf("%s: %s: %w", all.Key, r.Name, err)
			}
		}
	}
	for i, r := range all.Results {
		r.Samples = append(r.Samples, tallies[i].sample())
	}
	return nil
}

// calibrate finds how many operations fill a slice of time. It warms the case up.
func calibrate(c Case, slice time.Duration) (int, error) {
	n := max(c.Workers, 1)
	for {
		took, err := c.run(n, nil)
		if err != nil {
			return 0, err
		}
		if took >= slice/4 || c.Before != nil {
			each := max(took.Seconds()/float64(n), 1e-9)
			return max(int(slice.Seconds()/each), max(c.Workers, 1)), nil
		}
		n *= 4
	}
}
