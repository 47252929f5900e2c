//go:build browser

package main

import (
	"bytes"
	"context"
	"image/color"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/chromium"
)

// The page in a real browser, in light and dark, at a desk and on a phone.

// evil is a note that would run, were it markup.
const evil = `<img src=x onerror="document.title='broken'"><b>bold</b>`

// followed serves the page for Chromium, which sees it once it has followed the tickets and they
// have changed. losing has the page lose its first stream.
func followed(t *testing.T, losing bool) (url string) {
	t.Helper()
	k := opened(t)
	for i, dish := range append(dishes, dishes...) {
		require.NoError(t, k.place(t.Context(), dish, notes[i%len(notes)], kitchens[i%2]))
		if state := states[i%3]; state != "placed" {
			_, err := k.db.ExecContext(t.Context(), `UPDATE ticket SET state = $1, rev = 2 WHERE dish = $2`, state, dish)
			require.NoError(t, err)
		}
	}
	var streams atomic.Int32
	lost := make(chan struct{})
	told := make(chan struct{}, 100) // holds a value for each change that was sent
	page := k.routes()
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("/events", func(rw http.ResponseWriter, r *http.Request) {
		if streams.Add(1) == 1 && losing {
			ctx, cancel := context.WithTimeout(r.Context(), 300*time.Millisecond)
			defer cancel()
			r = r.WithContext(ctx)
			defer close(lost)
		}
		page.ServeHTTP(&teller{rw, told}, r)
	})
	return chromium.Serve(t, mux, func(ctx context.Context) {
		if losing {
			<-lost
		}
		chromium.Until(ctx, func() bool { return k.live.Stats().InUse > 0 })
		chromium.Pause(ctx, 300*time.Millisecond) // what there is comes first
		for _, text := range changes {
			if _, err := k.db.ExecContext(ctx, text); err != nil {
				t.Error(err)
			}
			chromium.Pause(ctx, 20*time.Millisecond) // so that they come in this order
		}
		for range changes {
			select {
			case <-told:
			case <-ctx.Done():
			}
		}
	})
}

// changes are made while the page is there.
var changes = []string{
	`CREATE ticket:old SET dish = 'Bread', note = '', kitchen = 'south', state = 'placed', rev = 1`,
	"CREATE ticket:new SET dish = 'Soup of the day', kitchen = 'north', state = 'placed', rev = 1, note = " + strconv.Quote(evil),
	`UPDATE ticket:new SET state = 'cooking', rev += 1`,
	`DELETE ticket:old`,
}

// teller tells of the changes that were sent to a browser.
type teller struct {
	http.ResponseWriter
	told chan<- struct{}
}

func (w *teller) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *teller) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if bytes.HasPrefix(p, []byte("event: change")) {
		w.told <- struct{}{}
	}
	return n, err
}

func TestChromiumShowsWhatChangesAsText(t *testing.T) {
	t.Parallel()
	dom := chromium.DOM(t, followed(t, false))
	require.Regexp(t, `id="state"[^>]*class="live"[^>]*>live<`, dom)
	require.Contains(t, dom, "<title>Kitchen, live</title>")
	require.Contains(t, dom, `&lt;b&gt;bold&lt;/b&gt;`)
	require.NotContains(t, dom, `<b>bold</b>`)
	require.Regexp(t, `(?s)<ul id="cooking">.*Soup of the day.*<ul id="ready">`, dom)
	require.NotContains(t, dom, `<b>Bread</b>`)
	for _, told := range []string{
		`<i class="create">CREATE</i><span>Bread</span><small>placed</small>`,
		`<i class="update">UPDATE</i><span>Soup of the day</span><small>cooking</small>`,
		`<i class="delete">DELETE</i><span>Bread</span><small>placed</small>`,
	} {
		require.Contains(t, dom, told)
	}
}

func TestChromiumComesAgainWhenItsStreamIsLost(t *testing.T) {
	t.Parallel()
	// It waits for three seconds before it does, in which the tickets do not change.
	dom := chromium.DOM(t, followed(t, true))
	require.Regexp(t, `id="state"[^>]*class="live"[^>]*>live<`, dom)
	require.Regexp(t, `<i class="update">UPDATE</i><span>Soup of the day</span>`, dom)
	require.Equal(t, len(dishes)*2+1, len(regexp.MustCompile(`<li class="ticket( new)?">`).FindAllString(dom, -1)))
}

func TestPageIsNoWiderThanAPhone(t *testing.T) {
	t.Parallel()
	chromium.RequireFitsAPhone(t, followed(t, false))
}

func TestTicketsAreDrawnInLightAndInDark(t *testing.T) {
	t.Parallel()
	for look, colors := range map[chromium.Look]struct{ page, placed color.RGBA }{
		chromium.Desktop: {color.RGBA{0xf6, 0xf4, 0xf1, 0xff}, color.RGBA{0x2f, 0x6f, 0xb5, 0xff}},
		chromium.Phone:   {color.RGBA{0x16, 0x14, 0x12, 0xff}, color.RGBA{0x6f, 0xa8, 0xe6, 0xff}},
	} {
		t.Run(look.Name, func(t *testing.T) {
			t.Parallel()
			picture := chromium.Screenshot(t, followed(t, false), look)
			require.Greater(t, chromium.Share(picture, colors.page), 0.05, "the page's own color")
			require.Greater(t, chromium.Share(picture, colors.placed), 0.001, "the tickets that are placed")
		})
	}
}
