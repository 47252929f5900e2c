package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// many gives a shop so many products.
func (s *started) many(shop string, n int) {
	s.t.Helper()
	_, err := importProducts(s.shops[shop].asService(s.t.Context()), s.db, linesOf(n), 0, func(int, int64) {})
	require.NoError(s.t, err)
}

func TestProductsAreExportedAsTheyAreImported(t *testing.T) {
	t.Parallel()
	s := startService(t, "north", "south")
	s.many("north", 1000)
	s.exec("north", `UPDATE product:`+"`sku-0000007`"+` SET name = $1`, "\"quoted\", with\nlines")
	ada := s.signedUp("north", "ada@example.com")
	status, text := ada.do("GET", "/export/products.csv", nil)
	require.Equal(t, http.StatusOK, status)

	south := s.shops["south"].asService(t.Context())
	done, err := importProducts(south, s.db, strings.NewReader(text), 0, func(int, int64) {})
	require.NoError(t, err)
	require.Equal(t, 1000, done)
	_, copied := s.signedUp("south", "ada@example.com").do("GET", "/export/products.csv", nil)
	require.Equal(t, text, copied)
}

func TestOrdersAreExportedAsTheUserMaySeeThem(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada, kim := s.signedUp("north", "ada@example.com"), s.signedUp("north", "kim@example.com")
	bob := s.staff("north", "bob@example.com")
	s.stock("north", "tea", 10)
	for _, id := range []string{"order-0001", "order-0002"} {
		status, body := ada.order(id, "tea", 1)
		require.Equal(t, http.StatusCreated, status, body)
	}
	for who, lines := range map[*client]int{ada: 2, kim: 0, bob: 2} {
		status, text := who.do("GET", "/export/orders.ndjson", nil)
		require.Equal(t, http.StatusOK, status)
		var found []order
		for d := json.NewDecoder(strings.NewReader(text)); d.More(); {
			var o order
			require.NoError(t, d.Decode(&o))
			found = append(found, o)
		}
		require.Len(t, found, lines, who.email)
	}
}

func TestExportEndsWhenItsClientHasGone(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	s.many("north", 30_000) // more than the sockets hold
	ada := s.signedUp("north", "ada@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	res, err := s.http.Do(ada.request(ctx, "GET", "/export/products.csv", nil))
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	cancel()
	require.Eventually(t, func() bool { return s.pool.Stats().Held == 0 }, patience, 10*time.Millisecond)
	require.Equal(t, ada.email, get[user](ada, "/me").Email)
}

func TestExportThatFailsHalfWayIsCutOff(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	broken := func(yield func(product, error) bool) {
		for range 10_000 {
			if !yield(product{ID: "product:tea", Name: "Tea"}, nil) {
				return
			}
		}
		yield(product{}, errors.New("lost"))
	}
	mux := http.NewServeMux()
	mux.Handle("/{shop}", s.inShop(func(rw http.ResponseWriter, _ *http.Request) error {
		return export(rw, iter.Seq2[product, error](broken), productsCSV)
	}))
	web := httptest.NewServer(s.logged(mux))
	defer web.Close()
	res, err := web.Client().Get(web.URL + "/north")
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the client sees that this is not the whole")
	require.Contains(t, s.metricsText(), `service_request_duration_seconds_count{route="/{shop}",status="500"} 1`)
}

func TestExportThatNobodyReadsIsNoFaultOfTheService(t *testing.T) {
	t.Parallel()
	out := deadlined{failing{}, http.NewResponseController(discarded{})}
	_, err := out.Write([]byte("sku"))
	require.Equal(t, statusGone, problemOf(err).status)
}

// failing is a client that has gone.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// BenchmarkExport exports 100,000 products, and says by how much the heap grew between the first and
// the last tenth of them.
func BenchmarkExport(b *testing.B) {
	const all = 100_000
	s := startService(b, "north")
	s.many("north", all)
	ctx := s.shops["north"].asService(b.Context())
	for b.Loop() {
		var rows int
		var first, last uint64
		measured := func(out io.Writer) (func(product) error, func() error) {
			row, rest := productsCSV(out)
			return func(p product) error {
				switch rows++; rows {
				case all / 10:
					first = heapInUse()
				case all:
					last = heapInUse()
				}
				return row(p)
			}, rest
		}
		began := time.Now()
		products := surrealsql.Stream[product](ctx, s.db, `SELECT * FROM product`)
		require.NoError(b, export(discarded{}, products, measured))
		require.Equal(b, all, rows)
		grown := int64(last) - int64(first)
		b.ReportMetric(float64(all)/time.Since(began).Seconds(), "rows/s")
		b.ReportMetric(float64(grown)/1024, "KiB-grown")
		if grown > 2<<20 {
			b.Fatal("the heap grows with the rows")
		}
	}
}

// discarded is an answer that nobody reads.
type discarded struct{ http.ResponseWriter }

func (discarded) Write(p []byte) (int, error)      { return len(p), nil }
func (discarded) SetWriteDeadline(time.Time) error { return nil }
