package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What comes over HTTP: the page, its files, its events and its form.

// opened is a kitchen without tickets, in which nobody works.
func opened(t *testing.T) *kitchen {
	t.Helper()
	k, err := openKitchen(t.Context(), surrealtest.DSN(t), io.Discard)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.close()) })
	return k
}

// served serves the page until the test ends.
func served(t *testing.T, k *kitchen) (url string) {
	t.Helper()
	srv := httptest.NewServer(k.routes())
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL + "/"
}

// open sends a GET and returns the body, which is closed with the test.
func open(t *testing.T, url string) io.Reader {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(t, http.StatusOK, res.StatusCode)
	return res.Body
}

// follower reads a stream of events.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
}

func follow(t *testing.T, url string) *follower {
	t.Helper()
	lines := bufio.NewScanner(open(t, url))
	lines.Buffer(nil, 1<<20)
	return &follower{t, lines}
}

// next is the next event, whose data goes into v.
func (f *follower) next(kind string, v any) {
	f.t.Helper()
	got, data := f.event()
	require.Equal(f.t, kind, got)
	require.NoError(f.t, json.Unmarshal(data, v))
}

func (f *follower) event() (kind string, data []byte) {
	f.t.Helper()
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "event":
			kind = value
		case "data":
			return kind, []byte(value)
		}
	}
	f.t.Fatal("the stream ended: ", f.lines.Err())
	return "", nil
}

// learn reads the next event and notes whose tickets it tells of.
func (f *follower) learn(known map[surrealsql.RecordID]bool) {
	f.t.Helper()
	kind, data := f.event()
	var c change
	told := []ticket{}
	if kind == "all" {
		require.NoError(f.t, json.Unmarshal(data, &told))
	} else {
		require.NoError(f.t, json.Unmarshal(data, &c))
		told = append(told, c.Ticket)
	}
	for _, t := range told {
		known[t.ID] = true
	}
}

type change struct {
	Action surrealsql.Action
	Ticket ticket
}

func TestEventsAreAllTicketsAndThenWhatChangesInThatKitchen(t *testing.T) {
	t.Parallel()
	k := opened(t)
	require.NoError(t, k.place(t.Context(), "Pho", "", "north"))
	require.NoError(t, k.place(t.Context(), "Dal", "", "south"))
	f := follow(t, served(t, k)+"events?kitchen=north")
	var all []ticket
	f.next("all", &all)
	require.Len(t, all, 1)
	require.Equal(t, "Pho", all[0].Dish)

	require.NoError(t, k.place(t.Context(), "Tacos", "", "south"))
	require.NoError(t, k.place(t.Context(), "Ramen", "<b>", "north"))
	var c change
	f.next("change", &c)
	require.Equal(t, surrealsql.ActionCreate, c.Action)
	require.Equal(t, "Ramen", c.Ticket.Dish)
	require.Equal(t, 1, c.Ticket.Rev)
	_, err := k.db.ExecContext(t.Context(), `DELETE $1`, c.Ticket.ID)
	require.NoError(t, err)
	f.next("change", &c)
	require.Equal(t, surrealsql.ActionDelete, c.Action)
}

func TestAllTicketsAreAnArrayWhereThereAreNone(t *testing.T) {
	t.Parallel()
	var all json.RawMessage
	follow(t, served(t, opened(t))+"events").next("all", &all)
	require.JSONEq(t, "[]", string(all))
}

func TestBrowsersShareOneConnectionAndOneWhoDoesNotReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	k := opened(t)
	page := served(t, k)
	const browsers = 20
	var others []*follower
	for range browsers {
		f := follow(t, page+"events")
		var all []ticket
		f.next("all", &all)
		others = append(others, f)
	}
	// This one asks, and reads nothing.
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(page, "http://"), "/"))
	require.NoError(t, err)
	defer silent.Close()
	_, err = io.WriteString(silent, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return k.live.Stats().InUse == browsers+1 }, time.Minute, time.Millisecond)

	note := strings.Repeat("x", 120)
	for range 300 {
		require.NoError(t, k.place(t.Context(), "Dal", note, "north"))
	}
	for _, f := range others {
		// A server that is too busy for so many readers may end their live queries: then
		// each is told of all tickets again.
		for known := make(map[surrealsql.RecordID]bool); len(known) < 300; {
			f.learn(known)
		}
	}
}

func TestLiveQueryEndsWhenItsBrowserHasGone(t *testing.T) {
	t.Parallel()
	k := opened(t)
	page := served(t, k)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page+"events", nil)
	require.NoError(t, err)
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	require.Equal(t, 1, k.live.Stats().InUse)
	leave()
	require.Eventually(t, func() bool { return k.live.Stats().InUse == 0 }, time.Minute, time.Millisecond)
}

func TestPageHasTheTicketsWithoutJavaScriptAndEscapesThem(t *testing.T) {
	t.Parallel()
	k := opened(t)
	require.NoError(t, k.place(t.Context(), "<script>alert(1)</script>", `"quoted" & <b>bold</b>`, "north"))
	page, err := io.ReadAll(open(t, served(t, k)))
	require.NoError(t, err)
	require.Contains(t, string(page), `&lt;script&gt;alert(1)&lt;/script&gt;`)
	require.Contains(t, string(page), `&#34;quoted&#34; &amp; &lt;b&gt;bold&lt;/b&gt;`)
	require.NotContains(t, string(page), `<script>alert`)
	require.Contains(t, string(page), `content="width=device-width, initial-scale=1"`)
}

// posted sends the form.
func posted(t *testing.T, k *kitchen, header http.Header, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/tickets", strings.NewReader(form.Encode()))
	req.Header = header
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	k.routes().ServeHTTP(rec, req)
	return rec
}

func TestFormPlacesATicketAndRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	k := opened(t)
	good := url.Values{"dish": {"Soup"}, "note": {"hot"}, "kitchen": {"south"}}
	require.Equal(t, http.StatusSeeOther, posted(t, k, http.Header{}, good).Code)
	all, err := k.tickets(t.Context(), "south")
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "placed", all[0].State)

	for _, bad := range []url.Values{
		{}, {"dish": {" "}, "kitchen": {"south"}}, {"dish": {"Soup"}, "kitchen": {"west"}},
		{"dish": {strings.Repeat("x", 61)}, "kitchen": {"south"}},
		{"dish": {"Soup"}, "note": {strings.Repeat("x", maxForm)}, "kitchen": {"south"}},
	} {
		require.Equal(t, http.StatusBadRequest, posted(t, k, http.Header{}, bad).Code, bad)
	}
	require.Equal(t, http.StatusForbidden, posted(t, k, http.Header{"Sec-Fetch-Site": {"cross-site"}}, good).Code)
	all, err = k.tickets(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	handler := opened(t).routes()
	for path, kind := range map[string]string{"/": "text/html", "/style.css": "text/css", "/live.js": "text/javascript"} {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code)
		require.Contains(t, rec.Header().Get("Content-Type"), kind)
		require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'self'")
		require.NotRegexp(t, `(src|href)="(https?:)?//`, rec.Body.String())
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/page/index.html", nil))
	require.Equal(t, http.StatusNotFound, rec.Code)
}

func TestDatabaseThatIsGoneIsNotExplainedToBrowsers(t *testing.T) {
	t.Parallel()
	k := opened(t)
	page := served(t, k)
	require.NoError(t, k.db.Close())
	rec := httptest.NewRecorder()
	k.routes().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, page, nil))
	require.Equal(t, http.StatusBadGateway, rec.Code)
	require.Equal(t, "the database does not answer\n", rec.Body.String())
}
