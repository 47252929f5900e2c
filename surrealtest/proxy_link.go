package surrealtest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
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
	p      *Proxy
	client *net.TCPConn
	server *net.TCPConn // nil until it is dialled
	pipes  [2]*pipe
	ended  chan struct{}
	// open says that neither the client nor the proxy has closed it. Guarded by p.mu,
	// as is over, which says that ended is closed.
	open, over bool
}

// pipe is one direction of a link. Its fields are guarded by the proxy's mutex.
type pipe struct {
	l       *link
	dir     Direction
	cond    *sync.Cond
	queue   []chunk
	queued  int
	eof     bool  // the source has closed
	reset   bool  // or broken
	left    int64 // bytes until the cut; < 0: no cut
	drained bool  // all that will ever come has been written
}

type chunk struct {
	data []byte
	due  time.Time
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
	l := &link{p: p, client: client, ended: make(chan struct{}), open: true}
	for dir := range l.pipes {
		l.pipes[dir] = &pipe{l: l, dir: Direction(dir), cond: sync.NewCond(&p.mu), left: p.faults[dir].cutAfter}
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
	conn, err := net.Dial("tcp", l.p.target)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if err != nil || l.over {
		if err == nil {
			_ = conn.Close()
		}
		l.end(CutRST)
		return
	}
	l.server = conn.(*net.TCPConn)
	_ = l.server.SetReadBuffer(proxyBuffer)
	l.p.done.Go(func() { l.pipes[ToServer].write(l.server) })
	l.p.done.Go(func() { l.pipes[ToClient].read(l.server) })
	l.p.done.Go(func() { l.pipes[ToClient].write(l.client) })
}

// end closes both connections. It is called with the proxy's mutex held.
func (l *link) end(how Cut) {
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
	delete(l.p.links, l)
	l.clientGone()
}

// clientGone counts the connection out, once.
func (l *link) clientGone() {
	if l.open {
		l.open = false
		l.p.counts.Open--
		l.p.changed.Broadcast()
	}
}

// wake makes a pipe look at its faults again. The deadline gets a reader out of
// a Read that began before a pause.
func (q *pipe) wake() {
	q.cond.Broadcast()
	src := q.l.client
	if q.dir == ToClient {
		src = q.l.server
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

func (q *pipe) faults() *faults { return &q.l.p.faults[q.dir] }

// read takes what the source sends into the queue.
func (q *pipe) read(src *net.TCPConn) {
	for q.mayRead() {
		data := make([]byte, proxyChunk)
		n, err := src.Read(data)
		// Data that came just as a pause began may have been read all the same.
		if n > 0 && q.mayRead() {
			q.push(data[:n])
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			q.finish(err)
			return
		}
	}
}

// mayRead waits until the pipe may read; false when the link is over.
func (q *pipe) mayRead() bool {
	q.l.p.mu.Lock()
	defer q.l.p.mu.Unlock()
	for !q.l.over && (q.faults().paused || q.queued >= proxyQueue && !q.faults().held && q.faults().delay == 0) {
		q.cond.Wait()
	}
	return !q.l.over
}

func (q *pipe) push(data []byte) {
	p := q.l.p
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
	q.l.p.mu.Lock()
	defer q.l.p.mu.Unlock()
	q.eof = true
	q.reset = !errors.Is(err, io.EOF)
	if q.dir == ToServer {
		q.l.clientGone()
	}
	q.cond.Broadcast()
}

// awaitData waits until there is something to write, which may be a close, and
// it may be written; false when the link is over.
func (q *pipe) awaitData() bool {
	q.l.p.mu.Lock()
	defer q.l.p.mu.Unlock()
	return q.await()
}

func (q *pipe) await() bool {
	for !q.l.over && (q.faults().held || len(q.queue) == 0 && !q.eof) {
		q.cond.Wait()
	}
	return !q.l.over
}

// write passes the queue on to the destination.
func (q *pipe) write(dst *net.TCPConn) {
	for {
		data, ok := q.pop()
		if !ok {
			return
		}
		if _, err := dst.Write(data); err != nil {
			q.endLink(CutRST)
			return
		}
	}
}

// pop waits for the next piece that may be written now. It ends the pipe where
// the source ended, and the link where it is to be cut.
func (q *pipe) pop() ([]byte, bool) {
	p := q.l.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if !q.await() {
			return nil, false
		}
		if len(q.queue) == 0 {
			q.close()
			return nil, false
		}
		head := &q.queue[0]
		pace, most := pacing(q.faults().rate)
		if wait := max(time.Until(head.due), pace); wait > 0 && !q.sleep(wait) {
			return nil, false
		}
		if q.faults().held {
			continue
		}
		n := min(len(head.data), most)
		if q.left >= 0 {
			if q.left == 0 {
				q.l.end(q.faults().cut)
				return nil, false
			}
			n = int(min(int64(n), q.left))
			q.left -= int64(n)
		}
		return q.take(n), true
	}
}

// pacing turns a rate into the pause before a piece and the piece's size.
func pacing(rate int) (pause time.Duration, most int) {
	if rate <= 0 {
		return 0, proxyChunk
	}
	most = max(1, rate/1000)
	return time.Second * time.Duration(most) / time.Duration(rate), most
}

// sleep gives up the mutex for a while; false when the link is over.
func (q *pipe) sleep(d time.Duration) bool {
	q.l.p.mu.Unlock()
	timer := time.NewTimer(d)
	select {
	case <-timer.C:
	case <-q.l.ended:
		timer.Stop()
	}
	q.l.p.mu.Lock()
	return !q.l.over
}

// take removes n bytes from the head of the queue.
func (q *pipe) take(n int) []byte {
	head := &q.queue[0]
	data := head.data[:n]
	head.data = head.data[n:]
	if len(head.data) == 0 {
		q.queue = q.queue[1:]
	}
	q.queued -= n
	q.cond.Broadcast()
	return data
}

// close passes on the end of the source: a reset as a reset, a close as a close,
// and when both directions have closed the link is over.
func (q *pipe) close() {
	if q.reset {
		q.l.end(CutRST)
		return
	}
	q.drained = true
	if q.l.pipes[ToServer].drained && q.l.pipes[ToClient].drained {
		q.l.end(CutFIN)
		return
	}
	dst := q.l.server
	if q.dir == ToClient {
		dst = q.l.client
	}
	_ = dst.CloseWrite()
}

func (q *pipe) endLink(how Cut) {
	q.l.p.mu.Lock()
	defer q.l.p.mu.Unlock()
	q.l.end(how)
}
