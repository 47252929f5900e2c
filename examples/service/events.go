package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Orders as they change, by server-sent events. All who follow a shop share one connection.

const (
	writeTimeout = 10 * time.Second // a client that takes longer to read an event is gone
	heartbeat    = 15 * time.Second // the longest silence: by it a client that has gone is found out
)

// again has a live query outlive its connection, as long as its context lasts.
var again = surrealsql.Retry{Attempts: -1, Pause: 100 * time.Millisecond, MaxPause: 5 * time.Second}

// event is what a client is told: "orders" with the newest ones, when the stream begins and when
// changes may have been missed, then "order" with each that has changed.
type event struct {
	name string
	data any
}

// events has a client follow its orders, and staff all of them, until it has gone, its token has
// expired, or the program ends. The client then comes again, with a new token where it needs one.
func (s *service) events(rw http.ResponseWriter, r *http.Request) error {
	token, c, err := bearer(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	sh := shopOf(r)
	u, err := s.whoAmI(sh.asUser(ctx, token))
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	rw.Header().Set("X-Accel-Buffering", "no") // a proxy would wait for more
	news := make(chan event)                   // hands over one by one: what waits, waits in the driver
	ended := make(chan struct{})
	var failed error // why, once it has ended
	go func() {
		defer close(ended)
		failed = s.follow(ctx, sh, token, u, news)
	}()
	defer func() { cancel(); <-ended }() // no live query is left behind
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	expired := time.NewTimer(time.Until(c.expiry()))
	defer expired.Stop()
	for {
		select {
		case e := <-news:
			err = sendEvent(rw, e)
		case <-beat.C:
			err = send(rw, ": still here\n\n")
		case <-expired.C:
			_ = sendEvent(rw, event{"expired", struct{}{}})
			return nil
		case <-s.ending:
			_ = sendEvent(rw, event{"ending", struct{}{}})
			return nil
		case <-ended:
			return failed
		}
		if err != nil {
			return nil // the client has gone
		}
	}
}

// follow gives news of the orders of a user until ctx ends.
//
// The live query runs as the service, because those that share a connection share its session; it
// finds out which orders have changed. What a client is told of them is read as the user: so
// the database decides what that is, each time.
func (s *service) follow(ctx context.Context, sh *shop, token string, u user, news chan<- event) error {
	asUser := sh.asUser(ctx, token)
	changes := surrealsql.LiveQuery[order](surrealsql.WithReconnect(ctx, again), sh.live,
		`LIVE SELECT * FROM order WHERE customer = $1 OR $2`, u.ID, u.Role == "staff")
	for n, err := range changes {
		if err != nil {
			return err
		}
		var e event
		switch n.Action {
		case surrealsql.ActionBegun, surrealsql.ActionResumed:
			e.name = "orders"
			e.data, err = s.newestOrders(asUser)
		default:
			e.name = "order"
			e.data, err = s.findOrder(asUser, n.ID)
		}
		if errors.Is(err, sql.ErrNoRows) {
			continue // it is not this user's to see
		}
		if err != nil {
			return err
		}
		select {
		case news <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sendEvent writes an event.
func sendEvent(rw http.ResponseWriter, e event) error {
	data, err := json.Marshal(e.data)
	if err != nil {
		return err
	}
	return send(rw, fmt.Sprintf("event: %s\ndata: %s\n\n", e.name, data))
}

// send writes a piece of a stream, and sees that it leaves.
func send(rw http.ResponseWriter, text string) error {
	control := http.NewResponseController(rw)
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := rw.Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}
