package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of what only a server shows: rows while it makes them, and what a
// connection costs it.

// serverPoint asks for one row in each way.
func serverPoint(e *env) (*measure.Group, error) {
	cfg := e.engineConfig()
	_, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	dbs, err := e.wayDBs(cfg)
	if err != nil {
		return nil, err
	}
	request := hand.Query(record.One.Wire, record.One.Vars())
	g := &measure.Group{
		Key:       "server-point",
		Title:     "One row, in each way: on a server",
		About:     "QueryRow and Scan of a record by its id.",
		Reference: ways[0].name,
		Cases: []measure.Case{
			{Name: theHand, Role: measure.Limit, Op: op(func() error { return exchange(client, request) })},
		},
	}
	bg, cancellable := context.Background(), e.cancellable()
	for i, w := range ways {
		g.Cases = append(g.Cases, measure.Case{Name: w.name, Role: measure.Subject, Op: asking(bg, dbs[i])})
	}
	for i, w := range ways {
		g.Cases = append(g.Cases, measure.Case{
			Name: w.name + ", cancellable context", Against: ways[0].name + ", cancellable context",
			Role: measure.Subject, Op: asking(cancellable, dbs[i]),
		})
	}
	g.Cases = append(g.Cases, measure.Case{
		Name: sdkStructs, Role: measure.SDK,
		Op: op(func() error { return sdkQuery[row2](sdk, record.One, 1) }),
	})
	return g, nil
}

// reading is a query of many rows and the ways to read one.
type reading struct {
	columns string
	row     func() (dest []any) // where a row goes
	sdk     func(db *surrealdb.DB, q record.Query, rows int) error
}

var (
	twoColumns = reading{"age, name", func() []any {
		r := new(row2)
		return []any{&r.Age, &r.Name}
	}, sdkQuery[row2]}
	allColumns = reading{"age, name, score, created, city, visits, height, updated", func() []any {
		r := new(row8)
		return []any{&r.Age, &r.Name, &r.Score, &r.Created, &r.City, &r.Visits, &r.Height, &r.Updated}
	}, sdkQuery[row8]}
)

// serverPage reads so many rows of eight columns in each way.
func serverPage(e *env, rows int) (*measure.Group, error) {
	return readings(e, rows, allColumns, &measure.Group{
		Key:   fmt.Sprintf("server-page-%d", rows),
		Title: thousands(rows) + " rows × 8 columns, in each way: on a server",
		About: "Query, Next and Scan of every row through sql.DB. Figures are per row, but for the first one's.",
	})
}

// serverFirstRow reads a long result of two columns in each way.
func serverFirstRow(e *env) (*measure.Group, error) {
	return readings(e, e.stream, twoColumns, &measure.Group{
		Key:   "server-first-row",
		Title: thousands(e.stream) + " rows × 2 columns, in each way: on a server",
		About: "The same of a longer result. The SDK gives no row before it has all.",
	})
}

func readings(e *env, rows int, r reading, g *measure.Group) (*measure.Group, error) {
	cfg := e.engineConfig()
	table, err := e.people(rows)
	if err != nil {
		return nil, err
	}
	_, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	dbs, err := e.wayDBs(cfg)
	if err != nil {
		return nil, err
	}
	text := "SELECT " + r.columns + " FROM " + table
	request := hand.Query(text, nil)
	g.Reference, g.PerRow = ways[0].name, true
	c := func(name string, role measure.Role, read func() (first time.Duration, err error)) {
		var firsts []time.Duration
		g.Cases = append(g.Cases, measure.Case{
			Name: name, Role: role, Rows: rows,
			Op: op(func() error {
				first, err := read()
				firsts = append(firsts, first)
				return err
			}),
			Extras: func() ([]measure.Extra, error) {
				slices.Sort(firsts)
				return []measure.Extra{{Name: measure.FirstRow, Value: float64(firsts[len(firsts)/2]), Unit: "ns"}}, nil
			},
		})
	}
	// whole is a way that gives the first row with the last.
	whole := func(f func() error) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			start := time.Now()
			err := f()
			return time.Since(start), err
		}
	}
	c(theHand, measure.Limit, whole(func() error { return exchange(client, request) }))
	for i, w := range ways {
		c(w.name, measure.Subject, func() (time.Duration, error) { return r.read(dbs[i], text, rows) })
	}
	c(sdkStructs, measure.SDK, whole(func() error {
		return r.sdk(sdk, record.Query{Wire: text}, rows)
	}))
	return g, nil
}

// read reads all rows and tells when the first one was there.
func (r reading) read(db *sql.DB, text string, want int) (first time.Duration, err error) {
	start := time.Now()
	rows, err := db.QueryContext(context.Background(), text)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	got, dest := 0, r.row()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return 0, err
		}
		if got++; got == 1 {
			first = time.Since(start)
		}
	}
	return first, finish(rows, got, want)
}

// atOnce is how many connections the dials at once make.
const atOnce = 50

// serverDials makes many connections at once, as a program does that begins or whose
// server has come back.
func serverDials(e *env) (*measure.Group, error) {
	cfg := e.engineConfig()
	cfg.ConnectTimeout = time.Minute // a busy machine checks 50 passwords in more than the default
	by := func(set func(*surrealsql.Config)) func(int) error {
		cfg := cfg.Clone()
		set(cfg)
		return op(func() error {
			connector, err := surrealsql.NewConnector(cfg)
			if err != nil {
				return err
			}
			defer connector.Close()
			return together(func() error { return connect(connector) })
		})
	}
	return &measure.Group{
		Key:   "server-dials",
		Title: fmt.Sprintf("%d connections at once: on a server", atOnce),
		About: "Dial, upgrade, sign in with a password, select namespace and database, close, by a connector " +
			"that has made none before. Figures are per connection.",
		Reference: theDriver, PerRow: true,
		Cases: []measure.Case{
			{Name: theDriver, Role: measure.Subject, Rows: atOnce, Op: by(func(*surrealsql.Config) {})},
			{Name: passwordEachTime, Role: measure.Subject, Rows: atOnce, Op: by(noTokenReuse)},
			{Name: "SDK", Role: measure.SDK, Rows: atOnce, Op: op(func() error {
				return together(func() error { return sdkConnectAndClose(cfg) })
			})},
		},
	}, nil
}

// passwordEachTime is the driver that signs in with the password on each connection.
const passwordEachTime = "driver, reuse_token=false"

func noTokenReuse(cfg *surrealsql.Config) { cfg.NoTokenReuse = true }

// together does f many times at once.
func together(f func() error) error {
	errs := make([]error, atOnce)
	var done sync.WaitGroup
	for i := range errs {
		done.Go(func() { errs[i] = f() })
	}
	done.Wait()
	return errors.Join(errs...)
}
