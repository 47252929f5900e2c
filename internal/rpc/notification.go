package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/wire"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Notifications of live queries, which come without having been asked for, and the waiting
// for them.

// Notification is one of a live query: what happened to one record.
type Notification struct {
	ID     [16]byte // of the live query
	Action string   // "CREATE", "UPDATE", "DELETE", "KILLED", "ERROR"
	Record []byte   // CBOR: the id of the record; NONE where it is about none
	Result []byte   // CBOR: the record, what the projection makes of it, or patches
}

// LiveID reads the id of a live query, where d stands.
func LiveID(d *cbor.Decoder) ([16]byte, error) {
	tag, err := d.Tag()
	if err == nil && tag != wire.TagUUID {
		err = fmt.Errorf("the id of a live query with tag %d: expected a UUID", tag)
	}
	if err != nil {
		return [16]byte{}, err
	}
	return wire.ReadUUID(d)
}

// NotificationID finds the live query that a notification belongs to, without a look at
// what else it holds. result is what Notify gets.
func NotificationID(d *cbor.Decoder, result []byte) (id [16]byte, err error) {
	d.Reset(result)
	found, err := d.Find("id")
	if err == nil && !found {
		err = errors.New("a notification without the id of its live query")
	}
	if err != nil {
		return id, err
	}
	return LiveID(d)
}

// ReadNotification takes a notification apart. What it returns lies in result. Further
// fields, as the session since 3.0, are skipped.
func ReadNotification(d *cbor.Decoder, result []byte) (n Notification, err error) {
	d.Reset(result)
	hasID := false
	for key, err := range d.Pairs() {
		if err != nil {
			return n, err
		}
		switch string(key) {
		case "id":
			n.ID, err = LiveID(d)
			hasID = true
		case "action":
			n.Action, err = d.Text()
		case "record":
			n.Record, err = d.Raw()
		case "result":
			n.Result, err = d.Raw()
		default:
			err = d.Skip()
		}
		if err != nil {
			return n, err
		}
	}
	if !hasID || n.Action == "" || n.Result == nil {
		return n, errors.New("a notification without its id, action or result")
	}
	if n.Record == nil {
		n.Record = wire.AppendNone(nil)
	}
	return n, d.Tail()
}

// ErrWoken is the error of Await where Wake ended it.
var ErrWoken = errors.New("rpc: the waiting was ended")

// ErrQuiet is the error of Await where the peer sent nothing, not even a ping.
var ErrQuiet = ws.ErrQuiet

// Await waits until a message has come on a connection that waits for no reply: a
// notification goes to Notify, the reply to Ping is taken. Where the peer sends nothing for
// as long as patience, not even a ping, that is ErrQuiet. The end of ctx, whose error is
// returned then, and Wake end the waiting, too. After any other error the connection is
// broken.
func (c *Conn) Await(ctx context.Context, patience time.Duration) error {
	var stop func() bool
	if ctx.Done() != nil {
		if ctx.Err() != nil {
			return ctxerr.Of(ctx)
		}
		stop = context.AfterFunc(ctx, c.interrupt)
	}
	c.ws.SetPatience(patience)
	err := c.takeMessage()
	c.ws.SetPatience(0)
	if stop != nil && !stop() {
		<-c.interrupted
		c.ws.Resume()
		if err == nil || err == ws.ErrInterrupted {
			return ctxerr.Of(ctx)
		}
	}
	switch err {
	case nil, ErrQuiet:
		return err
	case ws.ErrInterrupted:
		return ErrWoken
	}
	c.Abort()
	return becauseOf(ctx, err)
}

// takeMessage reads one message.
func (c *Conn) takeMessage() error {
	msg, err := c.ws.ReadMessage()
	if err != nil {
		return err
	}
	return c.idleMessage(msg)
}

// Wake ends an Await that is under way, or the next one, with ErrWoken, until Resume is called.
// Any goroutine may call it, but the one that awaits must have waited for its return
// before Resume.
func (c *Conn) Wake() { c.ws.Wake() }

// Resume undoes Wake.
func (c *Conn) Resume() { c.ws.Resume() }
