package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// linesOf is a CSV of so many products, which is nowhere as a whole.
func linesOf(n int) io.Reader {
	var pending bytes.Buffer
	fmt.Fprintln(&pending, strings.Join(csvHeader, ","))
	next := 0
	return readerFunc(func(p []byte) (int, error) {
		for pending.Len() < len(p) && next < n {
			next++
			fmt.Fprintf(&pending, "sku-%07d,Product %d,%d,%d\n", next, next, next%5000, next%100)
		}
		return pending.Read(p)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// openShop is the migrated database of a shop.
func openShop(t testing.TB) *sql.DB {
	t.Helper()
	cfg := testConfig(t, "north")
	cfg.database.Database = "north"
	require.NoError(t, migrate(t.Context(), cfg.database, newLogger(cfg, io.Discard)))
	connector, err := surrealsql.NewConnector(cfg.database)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func countProducts(t testing.TB, db *sql.DB) (n int) {
	t.Helper()
	n, err := surrealsql.One[int](context.WithoutCancel(t.Context()), db, `RETURN count(SELECT VALUE id FROM product)`)
	require.NoError(t, err)
	return n
}

func TestImportMayBeRepeatedAndBringsProductsUpToDate(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	var told []int
	for range 2 {
		done, err := importProducts(t.Context(), db, linesOf(950), 0, func(rows int, _ int64) { told = append(told, rows) })
		require.NoError(t, err)
		require.Equal(t, 950, done)
		require.Equal(t, 950, countProducts(t, db))
	}
	require.Equal(t, []int{200, 400, 600, 800, 950, 200, 400, 600, 800, 950}, told)
	_, err := importProducts(t.Context(), db, strings.NewReader("sku,name,price,stock\nsku-0000001,New,7,3\n"), 0, func(int, int64) {})
	require.NoError(t, err)
	p, err := surrealsql.One[product](t.Context(), db, `SELECT * FROM product WHERE name = 'New'`)
	require.NoError(t, err)
	require.Equal(t, product{ID: p.ID, Name: "New", Price: 7, Stock: 3}, p)
	require.Equal(t, 950, countProducts(t, db))
}

func TestImportThatIsInterruptedSaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	const all = 5000
	ctx, interrupt := context.WithCancel(t.Context())
	done, err := importProducts(ctx, db, linesOf(all), 0, func(rows int, _ int64) {
		if rows == 1000 {
			interrupt()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, done, 1000)
	require.Less(t, done, all)
	require.GreaterOrEqual(t, countProducts(t, db), done, "a batch that was on its way may be in force as well")
	done, err = importProducts(t.Context(), db, linesOf(all), done, func(int, int64) {})
	require.NoError(t, err)
	require.Equal(t, all, done)
	require.Equal(t, all, countProducts(t, db))
}

func TestImportNamesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	for text, says := range map[string]string{
		"":                            "empty",
		"sku,price\na,1\n":            "wrong number of fields",
		"sku,title,price,stock\n":     "header",
		"sku,name,price,stock\na,b,c": "record on line 2: wrong number of fields",
		"sku,name,price,stock\na,A,1,1\nb,\"two\nlines\",1,1\nc,C,x,1\n": "line 5: price",
		"sku,name,price,stock\na,A,1,1\n,B,1,1\n":                        "line 3: a SKU",
		"sku,name,price,stock\na,A,1,1\nb,B,-1,1\n":                      "product 2 of the file",
	} {
		_, err := importProducts(t.Context(), db, strings.NewReader(text), 0, func(int, int64) {})
		require.ErrorContains(t, err, says, text)
	}
}

func TestImportCommandShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, "north")
	file := filepath.Join(t.TempDir(), "products.csv")
	f, err := os.Create(file)
	require.NoError(t, err)
	_, err = io.Copy(f, linesOf(3000))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	var out output
	require.NoError(t, importCommand(t.Context(), cfg, []string{"-shop", "north", file}, &out))
	require.Contains(t, out.String(), "100%")
	require.Contains(t, out.String(), "3000 products are written")

	out = output{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, importCommand(ctx, cfg, []string{"-shop", "north", file}, &out), context.Canceled)
	for _, args := range [][]string{{}, {"-shop", "east", file}, {"-skip", "-1", file}, {filepath.Join(t.TempDir(), "nothing.csv")}} {
		require.Error(t, importCommand(t.Context(), cfg, args, io.Discard), args)
	}
	cfg.database = nil
	require.ErrorContains(t, importCommand(t.Context(), cfg, []string{file}, io.Discard), "SURREALDB_URL")
}

// An import takes as much memory at its end as at its beginning.
func TestImportKeepsNoLines(t *testing.T) {
	db := openShop(t)
	all := 20_000
	if testing.Short() {
		all = 4000
	}
	require.Less(t, heapGrowth(t, db, all), int64(2<<20), "bytes")
}

// BenchmarkImport imports 100,000 lines, and says by how much the heap grew between the first and
// the last tenth of them.
func BenchmarkImport(b *testing.B) {
	const all = 100_000
	for b.Loop() {
		db := openShop(b)
		began := time.Now()
		grown := heapGrowth(b, db, all)
		b.ReportMetric(float64(all)/time.Since(began).Seconds(), "lines/s")
		b.ReportMetric(float64(grown)/1024, "KiB-grown")
		if grown > 2<<20 {
			b.Fatal("the heap grows with the lines")
		}
	}
}

// heapGrowth imports so many lines, and returns by how much more was in use after the last tenth
// than after the first.
func heapGrowth(t testing.TB, db *sql.DB, all int) int64 {
	t.Helper()
	var first, last uint64
	done, err := importProducts(t.Context(), db, linesOf(all), 0, func(rows int, _ int64) {
		switch rows {
		case all / 10:
			first = heapInUse()
		case all:
			last = heapInUse()
		}
	})
	require.NoError(t, err)
	require.Equal(t, all, done)
	return int64(last) - int64(first)
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what pools of the first kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// proxied is the configuration of a service that reaches its server through a proxy.
func proxied(t testing.TB, shops ...string) (config, *surrealtest.Proxy) {
	t.Helper()
	cfg := testConfig(t, shops...)
	proxy := surrealtest.NewProxy(t, cfg.database.Hosts[0])
	cfg.database.Hosts = []string{proxy.Addr()}
	return cfg, proxy
}
