//go:build browser

package chromium

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One run of the browser, and what it has seen.

var screenshots = flag.String("screenshots", "", "keep the screenshots in this directory")

// timeout bounds one run of Chromium, which takes about two seconds.
const timeout = time.Minute

// open opens a page as it is after its load event, and returns what the browser writes. The
// profile is a new one, so nothing of yours is touched.
func open(t *testing.T, url string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
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

// DOM is a page that Serve serves, once it has waited.
func DOM(t *testing.T, served string) string {
	t.Helper()
	return string(open(t, served+waiting, "--dump-dom"))
}

var width = regexp.MustCompile(`id="width">(\d+)<`)

// RequireFitsAPhone fails the test if a page that Serve serves is wider than a narrow phone.
func RequireFitsAPhone(t *testing.T, served string) {
	t.Helper()
	dom := open(t, served+phone, "--dump-dom")
	m := width.FindSubmatch(dom)
	require.NotNil(t, m, "%s", dom)
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	require.LessOrEqual(t, n, phoneWidth)
}

// Look is how a page is looked at.
type Look struct {
	Name string // of the screenshot
	Size string // of the window: width,height
	Dark bool
}

// Desktop and Phone are a large window in light and a small one in dark.
var (
	Desktop = Look{Name: "desktop", Size: "1200,900"}
	Phone   = Look{Name: "phone", Size: "390,844", Dark: true}
)

// Screenshot is a page that Serve serves, once it has waited. It is kept where the flag
// screenshots says so.
func Screenshot(t *testing.T, served string, look Look) image.Image {
	t.Helper()
	dir := t.TempDir()
	if *screenshots != "" {
		dir = *screenshots
	}
	path := filepath.Join(dir, look.Name+".png")
	scheme := "1"
	if look.Dark {
		scheme = "0"
	}
	open(t, served+waiting, "--window-size="+look.Size, "--blink-settings=preferredColorScheme="+scheme, "--screenshot="+path)
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	picture, err := png.Decode(f)
	require.NoError(t, err)
	return picture
}

// Share is how much of a picture has the color, from 0 to 1.
func Share(p image.Image, c color.RGBA) float64 {
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
