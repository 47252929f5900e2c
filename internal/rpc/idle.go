package rpc

import (
	"fmt"
	"time"
)

// What is done with a connection that waits for nothing: it is polled and pinged.

// pingTimeout bounds the write of an idle ping. The write of these few bytes
// cannot block unless a peer let megabytes pile up before.
const pingTimeout = 100 * time.Millisecond

// Poll reads what has come on an idle connection, without waiting: it answers the
// server's pings, takes the reply to Ping and live notifications, and returns an error
// if the connection is gone or something came that nobody asked for. The
// connection is broken then. See ws.Conn.Poll for what thorough means.
func (c *Conn) Poll(thorough bool) error {
	return c.ws.Poll(thorough, c.idleMessage)
}

func (c *Conn) idleMessage(msg []byte) error {
	e, err := parse(&c.dec, msg)
	if err != nil {
		return err
	}
	_, err = c.claim(&e)
	return err
}

// Ping asks the server whether it answers, and does not wait for that: the reply
// is taken by a later Poll, or skipped by a later request. At most one is
// under way.
func (c *Conn) Ping() error {
	if c.pingID != 0 {
		return nil
	}
	if err := c.ws.End(c.Start("ping", NoTxn, NoTrace, 0)); err != nil {
		return err
	}
	c.pingID, c.pinged = c.lastID, time.Now()
	if _, err := c.ws.FlushWithin(pingTimeout); err != nil {
		return fmt.Errorf("idle ping: %w", err)
	}
	return nil
}

// Pinging reports whether an idle ping is without an answer.
func (c *Conn) Pinging() bool { return c.pingID != 0 }

// Unanswered returns how long an idle ping has been without an answer, or zero
// if none is under way.
func (c *Conn) Unanswered() time.Duration {
	if c.pingID == 0 {
		return 0
	}
	return time.Since(c.pinged)
}
