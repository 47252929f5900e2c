package pool

// How many connections above Max are too many.

import "time"

// surplusStay is how long connections above Max at least outlast the need for them;
// about twice that is the most. When they ended as soon as nobody waited, a load
// around Max dialled for nearly every short wait: 706 connections for 5,600 leases in
// half a minute. Now each place above Max is filled once in that time at most, and a
// spike that comes back finds it filled.
const surplusStay = 5 * time.Second

// need is how many connections were held and waited for at once, in the present
// stretch of surplusStay. It counts them instead of asking how long a connection was
// idle, because with FIFO even a small load leaves none idle for long.
type need struct {
	most  int
	since time.Time // when the stretch began
}

// note takes what callers want at this moment into account.
func (n *need) note(wanted int) { n.most = max(n.most, wanted) }

// surplus is how many of the open connections are too many: those above limit that were
// not needed throughout a stretch that ends now. wanted is what callers want now.
func (n *need) surplus(now time.Time, open, limit, wanted int) int {
	if now.Sub(n.since) < surplusStay {
		return 0
	}
	surplus := open - max(limit, n.most)
	*n = need{most: wanted, since: now}
	return surplus
}
