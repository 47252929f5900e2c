package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// follower is a client's stream of events.
type follower struct {
	t      testing.TB
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

func (c *client) follow() *follower {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	c.t.Cleanup(cancel)
	res, err := c.http.Do(c.request(ctx, "GET", "/events", nil))
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(c.t, http.StatusOK, res.StatusCode)
	return &follower{c.t, bufio.NewScanner(res.Body), cancel}
}

// next is the next event; its name is empty when the stream has ended.
func (f *follower) next() (name, data string) {
	for f.lines.Scan() {
		if after, ok := strings.CutPrefix(f.lines.Text(), "event: "); ok {
			name = after
		}
		if after, ok := strings.CutPrefix(f.lines.Text(), "data: "); ok {
			return name, after
		}
	}
	return "", ""
}

// until reads events until one is an order in that state, and returns the orders that it was told of.
func (f *follower) until(id, state string) (told []string) {
	f.t.Helper()
	for {
		name, data := f.next()
		require.NotEmpty(f.t, name, "the stream has ended before %s was %s", id, state)
		var o order
		if name == "order" {
			require.NoError(f.t, json.Unmarshal([]byte(data), &o), data)
			told = append(told, fmt.Sprint(o.ID.Key()))
		}
		if o.ID.Key() == id && o.State == state {
			return told
		}
	}
}

// placed is until an order was placed. The embedded 3.0.2 says nothing of what a transaction writes.
func (f *follower) placed(id string) {
	f.t.Helper()
	if !strings.HasPrefix(surrealtest.Version(f.t), "3.0.") {
		f.until(id, "placed")
	}
}

func TestEventsTellACustomerOfItsOrdersAndStaffOfAll(t *testing.T) {
	t.Parallel()
	s := startService(t, "north", "south")
	ada, kim := s.signedUp("north", "ada@example.com"), s.signedUp("north", "kim@example.com")
	bob, abroad := s.staff("north", "bob@example.com"), s.staff("south", "abroad@example.com")
	s.stock("north", "tea", 10)
	s.stock("south", "tea", 10)
	status, body := ada.order("first-of-ada", "tea", 1)
	require.Equal(t, http.StatusCreated, status, body)

	streams := map[*client]*follower{ada: ada.follow(), kim: kim.follow(), bob: bob.follow(), abroad: abroad.follow()}
	there := map[*client]int{ada: 1, bob: 1}
	for c, f := range streams { // what there is comes first
		name, data := f.next()
		require.Equal(t, "orders", name)
		var orders []order
		require.NoError(t, json.Unmarshal([]byte(data), &orders))
		require.Len(t, orders, there[c], c.email)
	}
	for c, id := range map[*client]string{ada: "second-of-ada", kim: "second-of-kim", abroad: "second-of-abroad"} {
		status, body := c.order(id, "tea", 1)
		require.Equal(t, http.StatusCreated, status, body)
		streams[c].placed(id)
	}
	for id, staff := range map[string]*client{
		"first-of-ada": bob, "second-of-ada": bob, "second-of-kim": bob, "second-of-abroad": abroad,
	} {
		status, body := staff.do("POST", "/orders/"+id+"/shipment", nil)
		require.Equal(t, http.StatusOK, status, body)
		streams[staff].until(id, "shipped")
	}
	streams[ada].until("second-of-ada", "shipped")
	for _, id := range streams[kim].until("second-of-kim", "shipped") {
		require.Equal(t, "second-of-kim", id, "she is told of her own alone")
	}
}

func TestManyFollowersShareOneConnection(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	bob := s.staff("north", "bob@example.com")
	s.stock("north", "tea", 10)
	const followers = 30
	var streams []*follower
	for range followers {
		streams = append(streams, bob.follow())
	}
	for _, f := range streams {
		name, _ := f.next()
		require.Equal(t, "orders", name)
	}
	require.Equal(t, followers, s.shops["north"].live.Stats().InUse)
	require.Zero(t, s.pool.Stats().Held, "no connection of the pool waits for changes")
	status, body := bob.order("order-0001", "tea", 1)
	require.Equal(t, http.StatusCreated, status, body)
	for _, f := range streams {
		f.placed("order-0001")
	}
	status, body = bob.do("POST", "/orders/order-0001/shipment", nil)
	require.Equal(t, http.StatusOK, status, body)
	for _, f := range streams {
		f.until("order-0001", "shipped")
	}
	for _, f := range streams {
		f.cancel()
	}
	require.Eventually(t, func() bool { return s.shops["north"].live.Stats().InUse == 0 },
		patience, 10*time.Millisecond, "clients that have gone leave no live query")
}

func TestEventsEndWithTheToken(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	s.exec("north", `DEFINE ACCESS OVERWRITE account ON DATABASE TYPE RECORD
		SIGNUP (CREATE user SET email = $user, password = crypto::argon2::generate($pass))
		WITH REFRESH DURATION FOR TOKEN 10s, FOR SESSION 1h`)
	f := s.signedUp("north", "ada@example.com").follow()
	name, _ := f.next()
	require.Equal(t, "orders", name)
	name, _ = f.next()
	require.Equal(t, "expired", name)
	name, _ = f.next()
	require.Empty(t, name)
}

func TestEventsGoOnAfterTheConnectionWasLost(t *testing.T) {
	t.Parallel()
	cfg, proxy := proxied(t, "north")
	s := startServiceOf(t, cfg)
	bob := s.staff("north", "bob@example.com")
	s.stock("north", "tea", 10)
	f := bob.follow()
	name, _ := f.next()
	require.Equal(t, "orders", name)
	proxy.CutAll(surrealtest.CutRST)
	name, data := f.next()
	require.Equal(t, "orders", name, "changes may have been missed: the client is told what there is")
	require.Equal(t, "[]", data)
	// The pool's connections were cut, too, so that a request may find one that has gone.
	require.Eventually(t, func() bool {
		bob.order("order-0001", "tea", 1)
		bob.do("POST", "/orders/order-0001/shipment", nil)
		_, body := bob.do("GET", "/orders/order-0001", nil)
		return strings.Contains(body, `"shipped"`)
	}, patience, 10*time.Millisecond)
	f.until("order-0001", "shipped")
}
