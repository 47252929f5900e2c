// Command lives measures live queries that share one socket, beside ordinary load: how many
// notifications come in a second and how late, and how many ordinary calls are served
// meanwhile. The engine is the program surreal that is found on PATH.
//
//	go run ./lives                  # none, 50 and 1,000 live queries of one table, each with its WHERE
//	go run ./lives -of tables       # each of a table of its own
//	SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE=20000 go run ./lives -of all # of one, each change concerns all
//
// The engine inherits the variable: its queue of 100 notifications a socket is too short for the last.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// callers ask for a record on as many connections.
const callers = 8

func main() {
	only := flag.Int("n", -1, "measure this number of live queries alone")
	of := flag.String("of", "where", "where: live queries of one table, of which a change concerns one; tables: each of its own; all: of one, and a change concerns all")
	slice := flag.Duration("slice", 3*time.Second, "how long each number is measured")
	flag.Parse()
	counts := []int{0, 50, 1000}
	if *only >= 0 {
		counts = []int{*only}
	}
	if err := command(context.Background(), counts, *of, *slice); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, counts []int, of string, slice time.Duration) (err error) {
	server, err := surrealtest.Start(ctx, surrealtest.Options{Output: os.Stderr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	fmt.Println("| live queries | registered in | changes/s | notifications/s | latency, median | 99 % | ordinary calls/s beside | without changes |")
	fmt.Println("|---:|---:|---:|---:|---:|---:|---:|---:|")
	for i, n := range counts {
		m, err := measure(ctx, fmt.Sprintf("%s/bench/lives%d", server.DSN(), i), n, of, slice)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %v | %.0f | %.0f | %v | %v | %.0f | %.0f |\n", n, m.registered.Round(time.Millisecond), m.changes, m.notifications, m.median.Round(10*time.Microsecond), m.p99.Round(10*time.Microsecond), m.calls, m.calm)
	}
	return nil
}

// measured is what was found for a number of live queries.
type measured struct {
	registered             time.Duration
	changes, notifications float64 // a second
	median, p99            time.Duration
	calls, calm            float64 // ordinary ones a second, while there are changes and while there are none
}

func measure(ctx context.Context, dsn string, n int, of string, slice time.Duration) (m measured, err error) {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return m, err
	}
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return m, err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxIdleConns(callers + 1)
	if _, err = db.ExecContext(ctx, `DEFINE TABLE change; DEFINE TABLE person; CREATE person:1 SET name = 'Ann'`); err != nil {
		return m, err
	}
	if of == "tables" {
		if _, err = db.ExecContext(ctx, `FOR $i IN 0..$1 { CREATE type::table('change' + <string>$i) }`, n); err != nil {
			return m, err
		}
	}
	live := sql.OpenDB(connector.Live())
	defer live.Close()

	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	s := &seen{}
	began := time.Now()
	if err := s.follow(ctx, live, &readers, n, of); err != nil {
		return m, err
	}
	m.registered = time.Since(began)
	if m.calm, err = load(ctx, db, slice, nil); err != nil {
		return m, err
	}
	changes := 0
	m.calls, err = load(ctx, db, slice, func() error {
		changes++
		to := changes % max(n, 1)
		_, err := db.ExecContext(ctx, `CREATE type::table($1) SET to = $2, at = $3`, tableOf(of, to), to, time.Now().UnixNano())
		return err
	})
	m.changes = float64(changes) / slice.Seconds()
	m.notifications, m.median, m.p99 = s.sum(slice)
	if s.lost > 0 && err == nil {
		err = fmt.Errorf("%d of %d live queries were lost: %w", s.lost, n, s.why)
	}
	return m, err
}

// tableOf is the table of a live query.
func tableOf(of string, i int) string {
	if of == "tables" {
		return fmt.Sprint("change", i)
	}
	return "change"
}

// seen is what the readers of live queries have got.
type seen struct {
	mu   sync.Mutex
	late []time.Duration
	lost int // live queries that have ended
	why  error
}

// follow registers live queries, and reads them until ctx ends.
func (s *seen) follow(ctx context.Context, live *sql.DB, readers *sync.WaitGroup, n int, of string) error {
	begun := make(chan error, 2*n)
	for i := range n {
		text, args := `LIVE SELECT VALUE at FROM `+tableOf(of, i), []any(nil)
		if of == "where" {
			text, args = text+` WHERE to = $1`, []any{i}
		}
		readers.Go(func() {
			for change, err := range surrealsql.LiveQuery[int64](ctx, live, text, args...) {
				switch {
				case ctx.Err() != nil:
					return
				case err != nil:
					s.lose(err)
					begun <- err
				case change.Action == surrealsql.ActionBegun:
					begun <- nil
				default:
					s.add(time.Duration(time.Now().UnixNano() - change.Record))
				}
			}
		})
	}
	for range n {
		if err := <-begun; err != nil {
			return err
		}
	}
	return nil
}

func (s *seen) add(late time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, late)
}

func (s *seen) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost++
	s.why = err
}

// sum waits for what is under way still.
func (s *seen) sum(slice time.Duration) (perSecond float64, median, p99 time.Duration) {
	time.Sleep(slice / 10)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) == 0 {
		return 0, 0, 0
	}
	slices.Sort(s.late)
	return float64(len(s.late)) / slice.Seconds(), s.late[len(s.late)/2], s.late[len(s.late)*99/100]
}

// load has callers ask for a record, and makes changes beside if there are any to make. It
// returns how many were served in a second.
func load(ctx context.Context, db *sql.DB, slice time.Duration, change func() error) (perSecond float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	var served atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	again := func(f func() error) {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	for range callers {
		again(func() error {
			var name string
			err := db.QueryRowContext(context.WithoutCancel(ctx), `SELECT name FROM person:1`).Scan(&name)
			served.Add(1)
			return err
		})
	}
	if change != nil {
		again(change)
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(served.Load()) / slice.Seconds(), nil
}
