package ws

import "time"

// Reading that is given up while the connection is kept: by somebody, or because nothing
// comes.

// wakeTime is how long a read of a foreign transport may go on after its deadline has
// passed. Then the connection is aborted.
const wakeTime = 100 * time.Millisecond

// Interrupt wakes whoever reads, and lets nobody read from the socket, until Resume: what
// needs more than has been read returns [ErrInterrupted], and no byte is lost. A write that
// is under way fails, and with it the connection; so does the whole connection where
// the transport has no deadlines, or does not keep them. It never blocks. It may be called by
// any goroutine, but the one that reads must have waited for its return before Resume.
func (c *Conn) Interrupt() { c.interrupt(c.nc.SetDeadline) }

// Wake is Interrupt, but it leaves a write alone that is under way.
func (c *Conn) Wake() { c.interrupt(c.nc.SetReadDeadline) }

func (c *Conn) interrupt(setDeadline func(time.Time) error) {
	c.interrupted.Store(true)
	if c.noDeadlines || setDeadline(time.Unix(1, 0)) != nil {
		c.Abort()
		return
	}
	if c.reading.Load() {
		c.wake = time.AfterFunc(wakeTime, func() {
			if c.interrupted.Load() && c.reading.Load() {
				c.Abort()
			}
		})
	}
}

// CanInterrupt reports whether Interrupt keeps the connection.
func (c *Conn) CanInterrupt() bool { return !c.noDeadlines }

// Resume undoes Interrupt.
func (c *Conn) Resume() {
	c.interrupted.Store(false)
	if c.wake != nil { // or it would meet the next interruption
		c.wake.Stop()
		c.wake = nil
	}
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		c.Abort()
	}
}

// SetPatience bounds how long each read may get nothing: then what needs more than has
// been read returns [ErrQuiet], and no byte is lost. Zero lets it wait for ever. Whoever
// reads calls it. Where the transport has no deadlines a read is not bounded.
func (c *Conn) SetPatience(d time.Duration) {
	if c.noDeadlines {
		return
	}
	c.patience = d
	if d > 0 || !c.timed {
		return
	}
	c.timed = false
	_ = c.nc.SetReadDeadline(time.Time{}) // fails where the next read does
	if c.interrupted.Load() {             // and the interruption may have come before that
		_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	}
}
