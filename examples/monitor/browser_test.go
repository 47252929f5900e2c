//go:build browser

package main

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "", "keep the screenshots in this directory")

// browserTimeout bounds one run of Chromium, which takes about two seconds.
const browserTimeout = time.Minute

// chromium opens a page as it is after its load event, and returns what it
// writes. The profile is a new one, so nothing of yours is touched.
func chromium(t *testing.T, url string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--no-first-run", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(),
	}, append(args, url)...)...)
	var diag bytes.Buffer
	cmd.Stderr = &diag
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	require.NoError(t, err, "%s (Debian: apt-get install chromium)", &diag)
	return out
}

// watched serves the page for Chromium. The browser looks at a page when it is
// loaded, which the stream does not delay; so /wait.js does, until the page reads
// events and for some of them.
func watched(t *testing.T) (url string) {
	t.Helper()
	w := newWatched(t)
	page := routes(w, "a server with a long name at surrealdb://root@database.example.com:8000/production/orders")
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("/waiting", func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		page.ServeHTTP(rec, httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/", nil))
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write(rec.Body.Bytes())
		_, _ = io.WriteString(rw, `<script src="/wait.js" async></script>`)
	})
	mux.HandleFunc("/phone", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, phone) })
	mux.HandleFunc("/wait.js", func(rw http.ResponseWriter, r *http.Request) {
		for w.readers() == 0 && r.Context().Err() == nil {
			pause(r.Context(), 10*time.Millisecond)
		}
		pause(r.Context(), 700*time.Millisecond)
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(rw, "if (window.measure) measure();")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
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
		func() { _ = borrow(ctx, p.DB(), time.Minute) },
		func() { pause(ctx, 200*time.Millisecond); _ = borrow(ctx, p.DB(), time.Minute) },
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

// phone shows the page in a frame of a narrow phone, and how wide it is in there.
const phone = `<!DOCTYPE html><body><iframe id="frame" src="/" width="360" height="740"></iframe><p id="width"></p>
<script>function measure() {
	const page = document.getElementById("frame").contentDocument;
	page.querySelectorAll("details").forEach((d) => { d.open = true; });
	document.getElementById("width").textContent = page.documentElement.scrollWidth;
}</script><script src="/wait.js" async></script></body>`

func TestChromiumShowsTheNumbersTheChartAndTheLeak(t *testing.T) {
	t.Parallel()
	dom := string(chromium(t, watched(t)+"/waiting", "--dump-dom"))
	require.Regexp(t, `id="state"[^>]*class="live"[^>]*>live<`, dom)
	require.Contains(t, dom, `<b id="held">2</b>`)
	require.Contains(t, dom, `<b id="waiting">1</b>`)
	for _, area := range []string{"held", "idle", "waiting"} {
		require.Regexp(t, `<path class="`+area+`" d="M[^"]{40}`, dom)
	}
	require.Regexp(t, `(?s)<details data-key="\w+"><summary>held for .*monitor\.opened`, dom)
}

func TestNothingOnThePageIsWiderThanAPhone(t *testing.T) {
	t.Parallel()
	dom := chromium(t, watched(t)+"/phone", "--dump-dom")
	m := regexp.MustCompile(`id="width">(\d+)<`).FindSubmatch(dom)
	require.NotNil(t, m, "%s", dom)
	width, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	require.LessOrEqual(t, width, 360)
}

func TestTheChartIsDrawnInLightAndInDark(t *testing.T) {
	t.Parallel()
	url := watched(t) + "/waiting"
	for name, look := range map[string]struct {
		size, scheme string
		page, held   color.RGBA
	}{
		"desktop": {"1200,900", "1", color.RGBA{0xf4, 0xf5, 0xf7, 0xff}, color.RGBA{0x1f, 0x77, 0xb4, 0xff}},
		"phone":   {"390,844", "0", color.RGBA{0x14, 0x17, 0x1b, 0xff}, color.RGBA{0x4a, 0xa3, 0xdf, 0xff}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if *screenshots != "" {
				dir = *screenshots
			}
			path := filepath.Join(dir, name+".png")
			chromium(t, url, "--window-size="+look.size, "--blink-settings=preferredColorScheme="+look.scheme, "--screenshot="+path)
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			picture, err := png.Decode(f)
			require.NoError(t, err)
			require.Greater(t, share(picture, look.page), 0.05, "the page's own color")
			require.Greater(t, share(picture, look.held), 0.01, "the chart of what is in use")
		})
	}
}

// share is how much of a picture has the color, from 0 to 1.
func share(p image.Image, c color.RGBA) float64 {
	b, n := p.Bounds(), 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.RGBAModel.Convert(p.At(x, y)) == c {
				n++
			}
		}
	}
	return float64(n) / float64(b.Dx()*b.Dy())
}
