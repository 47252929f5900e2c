//go:build browser

package surrealmonitor

import (
	"context"
	"image/color"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/chromium"
	"github.com/surrealsql/surrealsql/pool"
)

// The page in a real browser, in light and dark, at a desk and on a phone.

// watched serves the page for Chromium, which sees it once it has read events for a while.
func watched(t *testing.T) (url string) {
	t.Helper()
	w := newWatched(t)
	page := routes(w, "a server with a long name at surrealdb://root@database.example.com:8000/production/orders")
	return chromium.Serve(t, page, func(ctx context.Context) {
		chromium.Until(ctx, func() bool { return w.readers() > 0 })
	})
}

// newWatched watches a pool with a leak and a caller who waits.
func newWatched(t *testing.T) *watcher {
	t.Helper()
	p := opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := newWatcher(p, 50*time.Millisecond)
	ended := make(chan struct{}, 3)
	for _, run := range []func(){
		func() { w.run(ctx) },
		func() { hold(ctx, p) },
		func() { chromium.Pause(ctx, 200*time.Millisecond); hold(ctx, p) },
	} {
		go func() { run(); ended <- struct{}{} }()
	}
	t.Cleanup(func() {
		cancel()
		for range cap(ended) {
			<-ended
		}
	})
	return w
}

// hold takes a connection and keeps it.
func hold(ctx context.Context, p *pool.Pool) {
	if conn, err := p.Acquire(ctx); err == nil {
		<-ctx.Done()
		_ = conn.Close()
	}
}

func TestChromiumShowsTheNumbersTheChartAndTheLeak(t *testing.T) {
	t.Parallel()
	dom := chromium.DOM(t, watched(t))
	require.Regexp(t, `id="state"[^>]*class="live"[^>]*>live<`, dom)
	require.Contains(t, dom, `<b id="held">2</b>`)
	require.Contains(t, dom, `<b id="waiting">1</b>`)
	for _, area := range []string{"held", "idle", "waiting"} {
		require.Regexp(t, `<path class="`+area+`" d="M[^"]{40}`, dom)
	}
	require.Regexp(t, `(?s)<details data-key="\w+"><summary>held for .*monitor\.opened`, dom)
}

func TestPageIsNoWiderThanAPhone(t *testing.T) {
	t.Parallel()
	chromium.RequireFitsAPhone(t, watched(t))
}

func TestChartIsDrawnInLightAndInDark(t *testing.T) {
	t.Parallel()
	url := watched(t)
	for look, colors := range map[chromium.Look]struct{ page, held color.RGBA }{
		chromium.Desktop: {color.RGBA{0xf4, 0xf5, 0xf7, 0xff}, color.RGBA{0x1f, 0x77, 0xb4, 0xff}},
		chromium.Phone:   {color.RGBA{0x14, 0x17, 0x1b, 0xff}, color.RGBA{0x4a, 0xa3, 0xdf, 0xff}},
	} {
		t.Run(look.Name, func(t *testing.T) {
			t.Parallel()
			picture := chromium.Screenshot(t, url, look)
			require.Greater(t, chromium.Share(picture, colors.page), 0.05, "the page's own color")
			require.Greater(t, chromium.Share(picture, colors.held), 0.01, "the chart of what is in use")
		})
	}
}
