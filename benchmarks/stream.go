package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// The longest result: what it costs in memory, and how soon its first row is there.

// What a very long result costs in memory is measured in a process that does
// nothing else: this same executable with streamVariable set to a streamSpec.
const streamVariable = "SURREALSQL_BENCHMARKS_STREAM"

// streamSpec is what such a process does.
type streamSpec struct {
	Client string
	DSN    string
	Text   string // of the query, whose columns are what the client reads
	Rows   int
}

// streamed is what it cost.
type streamed struct {
	Client     string
	Role       measure.Role
	Idle, Peak uint64 // bytes of heap objects, garbage that waits for its collection among them
	Live       uint64 // the largest of what collections found in use, in bytes
	Took       time.Duration
}

func (s streamed) above() float64 { return float64(s.Peak) - float64(s.Idle) }

// streamClient is a way to read the long result. It connects when it is opened;
// what that takes counts as idle.
type streamClient struct {
	name string
	role measure.Role
	open func(e *env, cfg *surrealsql.Config, s streamSpec) (read func() error, err error)
}

var streamClients = []streamClient{
	{theHand, measure.Limit, func(e *env, cfg *surrealsql.Config, s streamSpec) (func() error, error) {
		c, err := e.hand(cfg)
		return func() error { return exchange(c, hand.Query(s.Text, nil)) }, err
	}},
	{theDriver, measure.Subject, streamDriver},
	{sdkStructs, measure.SDK, streamSDK[row4]},
	{sdkMaps, measure.SDK, streamSDK[map[string]any]},
}

// serverStreamClients are those on a server: the driver in each of its ways.
func serverStreamClients() (all []streamClient) {
	for _, w := range ways {
		open := func(e *env, cfg *surrealsql.Config, s streamSpec) (func() error, error) {
			w.set(cfg)
			return streamDriver(e, cfg, s)
		}
		all = append(all, streamClient{w.name, measure.Subject, open})
	}
	return append(all, streamClient{sdkStructs, measure.SDK, streamSDK[row4]})
}

func streamDriver(e *env, cfg *surrealsql.Config, s streamSpec) (func() error, error) {
	db, err := e.open(cfg, 1)
	if err == nil {
		err = db.Ping()
	}
	return func() error {
		rows, err := db.Query(s.Text)
		if err != nil {
			return err
		}
		defer rows.Close()
		return scan4(rows, s.Rows)
	}, err
}

func streamSDK[T any](e *env, cfg *surrealsql.Config, s streamSpec) (func() error, error) {
	db, err := e.sdk(cfg)
	return func() error { return sdkQuery[T](db, record.Query{Wire: s.Text}, s.Rows) }, err
}

// streamIfChild does what the variable says and does not return, where it is
// set.
func streamIfChild() {
	text := os.Getenv(streamVariable)
	if text == "" {
		return
	}
	var spec streamSpec
	err := json.Unmarshal([]byte(text), &spec)
	if err == nil {
		var result streamed
		if result, err = streamHere(spec); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(result)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// streamHere reads the result in this process.
func streamHere(spec streamSpec) (result streamed, err error) {
	e := new(env)
	defer func() {
		if end := e.end(); err == nil {
			err = end
		}
	}()
	cfg, err := surrealsql.ParseDSN(spec.DSN)
	if err != nil {
		return result, err
	}
	for _, c := range slices.Concat(streamClients, serverStreamClients(), memberClients()) {
		if c.name != spec.Client {
			continue
		}
		read, err := c.open(e, cfg, spec)
		if err != nil {
			return result, err
		}
		result.Client = c.name
		runtime.GC()
		runtime.GC()
		result.Idle = heap()
		peak := watchHeap()
		start := time.Now()
		err = read()
		result.Took = time.Since(start)
		result.Peak, result.Live = peak()
		return result, err
	}
	return result, fmt.Errorf("no client %q", spec.Client)
}

// streamRun is a client and what it does.
type streamRun struct {
	name   string // in the report
	client streamClient
	spec   streamSpec
}

// allOf has each client do the same.
func allOf(clients []streamClient, spec streamSpec) (runs []streamRun) {
	for _, c := range clients {
		runs = append(runs, streamRun{c.name, c, spec})
	}
	return runs
}

// stream measures in each round each run in a process of its own, and returns of each the
// round with the median peak, and the median time.
func stream(runs []streamRun, rounds int) ([]streamed, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	all := make([][]streamed, len(runs))
	for range rounds {
		for i, r := range runs {
			r.spec.Client = r.client.name
			s, err := streamElsewhere(self, r.spec)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			s.Client, s.Role = r.name, r.client.role
			all[i] = append(all[i], s)
		}
	}
	medians := make([]streamed, len(all))
	for i, of := range all {
		slices.SortFunc(of, func(a, b streamed) int { return cmp.Compare(a.Took, b.Took) })
		took := of[len(of)/2].Took
		slices.SortFunc(of, func(a, b streamed) int { return cmp.Compare(a.above(), b.above()) })
		medians[i] = of[len(of)/2]
		medians[i].Took = took
	}
	return medians, nil
}

// streamElsewhere reads the result in a process of its own.
func streamElsewhere(self string, spec streamSpec) (s streamed, err error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return s, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), streamVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(out, &s); err != nil {
		return s, fmt.Errorf("%w: %q", err, out)
	}
	return s, nil
}

const (
	heapObjects = "/memory/classes/heap/objects:bytes"
	heapLive    = "/gc/heap/live:bytes"
)

// heap is the size of all objects on the heap that were not collected yet.
func heap() uint64 {
	sample := []metrics.Sample{{Name: heapObjects}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap looks at the heap twice a millisecond; what it returns ends that and
// tells the largest sizes seen, of all objects and of those that a collection
// found in use.
func watchHeap() func() (objects, live uint64) {
	end, done := make(chan struct{}), make(chan struct{})
	var objects, live uint64
	go func() {
		defer close(done)
		sample := []metrics.Sample{{Name: heapObjects}, {Name: heapLive}}
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			objects, live = max(objects, sample[0].Value.Uint64()), max(live, sample[1].Value.Uint64())
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return func() (uint64, uint64) {
		close(end)
		<-done
		return objects, live
	}
}

// throttledRate is slow enough that a client which waits for the whole reply
// cannot be mistaken for one that streams.
const throttledRate = 16 << 20

// firstRow tells which part of a long reply the server had sent when the client
// had its first row, at a throttled server.
func firstRow(e *env, rows int) (driver, sdk float64, err error) {
	reply := e.set[record.Page4.Key].Reply(rows)
	s, err := replay.Listen(reply)
	if err != nil {
		return 0, 0, err
	}
	e.atEnd(s.Close)
	db, err := e.open(config(s.Addr()), 1)
	if err == nil {
		err = db.Ping()
	}
	if err != nil {
		return 0, 0, err
	}
	client, err := e.sdk(config(s.Addr()))
	if err != nil {
		return 0, 0, err
	}
	part := func(read func() error) (float64, error) {
		before := s.Sent()
		s.Throttle(throttledRate)
		defer s.Throttle(0)
		err := read()
		return float64(s.Sent()-before) / float64(reply.Size(1)), err
	}
	var result interface{ Close() error }
	driver, err = part(func() error {
		rows, err := db.Query(record.Page4.Text)
		if err != nil {
			return err
		}
		result = rows
		if !rows.Next() {
			return fmt.Errorf("no row: %w", rows.Err())
		}
		var r row4
		return rows.Scan(&r.Age, &r.Name, &r.Score, &r.Created)
	})
	if result != nil {
		_ = result.Close() // which drops the connection: the rest is long
	}
	if err != nil {
		return 0, 0, err
	}
	sdk, err = part(func() error { return sdkQuery[row4](client, record.Page4, rows) })
	return driver, sdk, err
}
