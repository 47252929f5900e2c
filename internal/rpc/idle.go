package rpc

import (
	"fmt"
	"time"
)

// pingPatience bounds the write of an idle ping. The write of these few bytes
// cannot block unless a peer let megabytes pile up before.
const pingPatience = 100 * time.Millisecond

// Poll looks at an idle connection without waiting: it answers the server's
// pings, takes the reply to Ping and live notifications, and returns an error
// if the connection is gone or something came that nobody asked for. The
// connection is broken then. See ws.Conn.Poll for what thorough means.
func (c *Conn) Poll(thorough bool) error {
	return c.ws.Poll(thorough, c.idleMessage)
}

func (c *Conn) idleMessage(msg []byte) error {
	e, err := c.parse(msg)
	if err != nil {
		return err
	}
	_, err = c.claim(&e)
	return err
}

// Ping asks the server for a sign of life and does not wait for it: the reply
// is taken by a later Poll, or skipped by a later request. At most one is
// under way.
func (c *Conn) Ping() error {
	if c.pingID != 0 {
		return nil
	}
	if err := c.ws.End(c.Start("ping", NoTxn, 0)); err != nil {
		return err
	}
	c.pingID, c.pinged = c.lastID, time.Now()
	if _, err := c.ws.FlushWithin(pingPatience); err != nil {
		return fmt.Errorf("idle ping: %w", err)
	}
	return nil
}

// Unanswered returns how long an idle ping has been without an answer, or zero
// if none is under way.
func (c *Conn) Unanswered() time.Duration {
	if c.pingID == 0 {
		return 0
	}
	return time.Since(c.pinged)
}
