package surrealtest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// What goes through a Proxy: its connections, and their two directions.

const (
	// proxyChunk is how much is read, and without Throttle written, at once.
	proxyChunk = 32 << 10
	// proxyQueue bounds what a pipe holds of a sender that is faster than its
	// receiver. A held pipe has no bound.
	proxyQueue = 256 << 10
	// proxyBuffer is the socket buffer towards the sender, so that a paused pipe
	// blocks it soon.
	proxyBuffer = 64 << 10
)

// link is one proxied connection: two pipes, each with a goroutine that reads
// and one that writes, so that data can be held while a close is still seen.
type link struct {
	proxy  *Proxy
	client *net.TCPConn
	server *net.TCPConn // nil until it is dialled
	pipes  [2]*pipe
	ended  chan struct{}
	// Guarded by the proxy's mutex: open says that neither the client nor the proxy
	// has closed it, over that ended is closed.
	open, over bool
}

// pipe is one direction of a link. Its fields are guarded by the proxy's mutex.
type pipe struct {
	link    *link
	dir     Direction
	cond    *sync.Cond
	queue   []chunk
	queued  int   // bytes in the queue
	eof     bool  // the source has closed or broken
	reset   bool  // it has broken
	left    int64 // bytes until the cut; < 0: no cut
	drained bool  // all that will ever come has been written
}

// chunk is what one Read of the source gave.
type chunk struct {
	data []byte
	due  time.Time // when it may be passed on, by Delay
}

// serve starts a link for an accepted connection.
func (p *Proxy) serve(client *net.TCPConn) {
	_ = client.SetReadBuffer(proxyBuffer)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = client.Close()
		return
	}
	l := &link{proxy: p, client: client, ended: make(chan struct{}), open: true}
	for dir := range l.pipes {
		l.pipes[dir] = &pipe{
			link: l,
			dir:  Direction(dir),
			cond: sync.NewCond(&p.mu),
			left: p.faults[dir].cutAfter,
		}
	}
	p.links[l] = struct{}{}
	p.counts.Accepted++
	p.counts.Open++
	p.counts.MaxOpen = max(p.counts.MaxOpen, p.counts.Open)
	p.changed.Broadcast()
	p.done.Go(func() { l.pipes[ToServer].read(client) })
	p.done.Go(l.connect)
}

// connect dials the server when the first data may be passed on, and starts
// what needs it.
func (l *link) connect() {
	if !l.pipes[ToServer].awaitData() {
		return
	}
	conn, err := net.Dial("tcp", l.proxy.target)
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	if err != nil || l.over {
		if err == nil {
			_ = conn.Close()
		}
		l.endLocked(CutRST)
		return
	}
	l.server = conn.(*net.TCPConn)
	_ = l.server.SetReadBuffer(proxyBuffer)
	l.proxy.done.Go(func() { l.pipes[ToServer].write(l.server) })
	l.proxy.done.Go(func() { l.pipes[ToClient].read(l.server) })
	l.proxy.done.Go(func() { l.pipes[ToClient].write(l.client) })
}

// endLocked closes both connections. It needs the proxy's mutex.
func (l *link) endLocked(how Cut) {
	if l.over {
		return
	}
	l.over = true
	close(l.ended)
	for _, conn := range []*net.TCPConn{l.client, l.server} {
		if conn == nil {
			continue
		}
		if how == CutRST {
			_ = conn.SetLinger(0)
		}
		_ = conn.Close()
	}
	for _, pipe := range l.pipes {
		pipe.cond.Broadcast()
	}
	delete(l.proxy.links, l)
	l.clientGoneLocked()
}

func (l *link) end(how Cut) {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	l.endLocked(how)
}

// sleep returns false when the link ends meanwhile.
func (l *link) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}

// clientGoneLocked counts the connection out, once.
func (l *link) clientGoneLocked() {
	if l.open {
		l.open = false
		l.proxy.counts.Open--
		l.proxy.changed.Broadcast()
	}
}

// wakeLocked makes a pipe look at its faults again. The deadline gets a reader out
// of a Read that began before a pause.
func (q *pipe) wakeLocked() {
	q.cond.Broadcast()
	src := q.link.client
	if q.dir == ToClient {
		src = q.link.server
	}
	if src == nil {
		return
	}
	if q.faults().paused {
		_ = src.SetReadDeadline(time.Unix(1, 0))
	} else {
		_ = src.SetReadDeadline(time.Time{})
	}
}

func (q *pipe) faults() *faults { return &q.link.proxy.faults[q.dir] }

// read takes what the source sends into the queue.
func (q *pipe) read(src *net.TCPConn) {
	for q.awaitRoom() {
		data := make([]byte, proxyChunk)
		n, err := src.Read(data)
		// Data that came just as a pause began may have been read all the same.
		if n > 0 && q.awaitRoom() {
			q.push(data[:n])
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			q.finish(err)
			return
		}
	}
}

// awaitRoom waits until the pipe may read; false when the link is over.
func (q *pipe) awaitRoom() bool {
	q.link.proxy.mu.Lock()
	defer q.link.proxy.mu.Unlock()
	for !q.link.over && q.isFullLocked() {
		q.cond.Wait()
	}
	return !q.link.over
}

// isFullLocked says whether the sender must wait. What is delayed or held would not
// leave the queue sooner for it.
func (q *pipe) isFullLocked() bool {
	f := q.faults()
	return f.paused || q.queued >= proxyQueue && !f.held && f.delay == 0
}

func (q *pipe) push(data []byte) {
	p := q.link.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.dir == ToServer {
		p.counts.BytesToServer += int64(len(data))
	} else {
		p.counts.BytesToClient += int64(len(data))
	}
	q.queue = append(q.queue, chunk{data, time.Now().Add(q.faults().delay)})
	q.queued += len(data)
	q.cond.Broadcast()
	p.changed.Broadcast()
}

// finish notes that nothing more comes from the source.
func (q *pipe) finish(err error) {
	q.link.proxy.mu.Lock()
	defer q.link.proxy.mu.Unlock()
	q.eof = true
	q.reset = !errors.Is(err, io.EOF)
	if q.dir == ToServer {
		q.link.clientGoneLocked()
	}
	q.cond.Broadcast()
}

// awaitData waits until there is something to write, which may be a close, and
// it may be written; false when the link is over.
func (q *pipe) awaitData() bool {
	q.link.proxy.mu.Lock()
	defer q.link.proxy.mu.Unlock()
	return q.awaitDataLocked()
}

func (q *pipe) awaitDataLocked() bool {
	for !q.link.over && (q.faults().held || len(q.queue) == 0 && !q.eof) {
		q.cond.Wait()
	}
	return !q.link.over
}

// write passes the queue on to the destination.
func (q *pipe) write(dst *net.TCPConn) {
	for {
		wait, most, ok := q.awaitPiece()
		if !ok || !q.link.sleep(wait) {
			return
		}
		data, ok := q.takePiece(most)
		if !ok {
			return
		}
		if len(data) == 0 {
			continue // held meanwhile
		}
		if _, err := dst.Write(data); err != nil {
			q.link.end(CutRST)
			return
		}
	}
}

// awaitPiece waits until there is something to write, and says how long that must
// wait still and how much of it may go then. It ends the pipe where the source
// ended.
func (q *pipe) awaitPiece() (wait time.Duration, most int, ok bool) {
	q.link.proxy.mu.Lock()
	defer q.link.proxy.mu.Unlock()
	if !q.awaitDataLocked() {
		return 0, 0, false
	}
	if len(q.queue) == 0 {
		q.passOnEndLocked()
		return 0, 0, false
	}
	pause, most := pacing(q.faults().rate)
	return max(time.Until(q.queue[0].due), pause), most, true
}

// pacing turns a rate into the pause before a piece and the piece's size.
func pacing(rate int) (pause time.Duration, most int) {
	if rate <= 0 {
		return 0, proxyChunk
	}
	most = max(1, rate/1000)
	return time.Second * time.Duration(most) / time.Duration(rate), most
}

// takePiece removes at most so many bytes from the head of the queue, or none where
// the pipe is held. It ends the link where it is to be cut.
func (q *pipe) takePiece(most int) (data []byte, ok bool) {
	q.link.proxy.mu.Lock()
	defer q.link.proxy.mu.Unlock()
	if q.link.over || q.faults().held {
		return nil, !q.link.over
	}
	head := &q.queue[0]
	n := min(len(head.data), most)
	if q.left >= 0 {
		if q.left == 0 {
			q.link.endLocked(q.faults().cut)
			return nil, false
		}
		n = int(min(int64(n), q.left))
		q.left -= int64(n)
	}
	data, head.data = head.data[:n], head.data[n:]
	if len(head.data) == 0 {
		q.queue = q.queue[1:]
	}
	q.queued -= n
	q.cond.Broadcast()
	return data, true
}

// passOnEndLocked passes on the end of the source: a reset as a reset, a close as
// a close, and when both directions have closed the link is over.
func (q *pipe) passOnEndLocked() {
	if q.reset {
		q.link.endLocked(CutRST)
		return
	}
	q.drained = true
	if q.link.pipes[ToServer].drained && q.link.pipes[ToClient].drained {
		q.link.endLocked(CutFIN)
		return
	}
	dst := q.link.server
	if q.dir == ToClient {
		dst = q.link.client
	}
	_ = dst.CloseWrite()
}
