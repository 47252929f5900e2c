package scripted

import (
	"slices"
	"time"
)

// What a test asks a server for: the requests that were read and the connections that
// came, and how to wait for them.

// Requests returns all requests that were read, in order, over all connections.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Queries returns the texts that were read and not refused for their method: those of
// "query", and those of "query_stream" where the server has it.
func (s *Server) Queries() []string {
	var texts []string
	_, streams := s.told()
	for _, r := range s.Requests() {
		if r.Method == "query" || streams && r.Method == "query_stream" {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// Offers returns the subprotocols that clients offered in the upgrades that were answered
// by [Conn.Upgrade] or [Conn.UpgradeAs], in order.
func (s *Server) Offers() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.offers)
}

// Count returns how many requests of a method were read.
func (s *Server) Count(method string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// Connections returns how many connections were accepted so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Open returns on how many connections a script is at work. One that was given
// up by Drop or Reset does not count; one that the client has closed counts until
// its script notices, which it does where it reads.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, counts := range s.conns {
		if counts {
			n++
		}
	}
	return n
}

// Await waits until ok reports true. It is asked again whenever a connection
// comes or goes or a request is read, and must not block. The test fails when
// it stays false; what says what was expected.
func (s *Server) Await(what string, ok func() bool) {
	s.t.Helper()
	limit := time.NewTimer(timeout)
	defer limit.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			s.t.Fatalf("scripted: expected %s; %d connections came, %d are open, %d requests were read",
				what, s.Connections(), s.Open(), len(s.Requests()))
		}
	}
}

// AwaitOpen waits until n connections are open.
func (s *Server) AwaitOpen(n int) {
	s.t.Helper()
	s.Await("another number of open connections", func() bool { return s.Open() == n })
}

// AwaitCount waits until n requests of a method were read.
func (s *Server) AwaitCount(method string, n int) {
	s.t.Helper()
	s.Await("more requests of "+method, func() bool { return s.Count(method) >= n })
}
