package main

import (
	"database/sql"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tests keep the benchmarks working: everything runs, on little data and on
// replies that lie beside them, with the replay servers in this process.

func TestMain(m *testing.M) {
	replay.ServeIfChild()
	streamIfChild()
	goleak.VerifyTestMain(m)
}

// storedEnv is an env without the real engine.
func storedEnv(t testing.TB) *env {
	t.Helper()
	set, err := record.Stored()
	require.NoError(t, err)
	e := &env{sizes: smallSizes, set: set, serve: inThisProcess}
	t.Cleanup(func() { require.NoError(t, e.end()) })
	return e
}

// engineEnv has the real engine too.
func engineEnv(t testing.TB) *env {
	t.Helper()
	dsn := surrealtest.DSN(t) // before the env, which removes its tables at its end
	e := storedEnv(t)
	e.dsn = dsn
	db, err := sql.Open("surrealdb", e.dsn)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, record.Seed(t.Context(), db, storedRows))
	return e
}

func TestRunMeasuresEveryTargetAndWritesItsReport(t *testing.T) {
	e := engineEnv(t)
	o, err := parse([]string{"-rounds", "1", "-slice", "1ms"}, io.Discard)
	require.NoError(t, err)
	f, err := run(t.Context(), e, o, io.Discard)
	require.NoError(t, err)
	all := slices.Concat(targets, recordTargets, recordServerTargets, serverTargets, shapedTargets)
	_, err = e.speakers()
	if err == nil {
		all = append(all, shapedServerTargets...)
	} else {
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
	for _, g := range all {
		_, known := g.value(f)
		require.True(t, known, "no case gives a value for: %s", g.text)
	}

	var text strings.Builder
	dir := t.TempDir()
	d := newReport(f, e, o, surrealtest.Version(t))
	require.NoError(t, d.text(&text))
	require.NoError(t, d.write(dir))
	page, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
	require.NoError(t, err)
	charts := 6 // the workers, the first row, the storm, very many inserts and the longest result twice
	if len(f.streamedMembers) > 0 {
		charts++
	}
	for _, g := range f.groups {
		require.Contains(t, text.String(), g.Title)
		require.Contains(t, string(page), "## "+g.Title)
		if plotted(e.sizes)[g.Key] {
			charts++
		}
	}
	require.Len(t, d.plots, charts)
	for _, p := range d.plots {
		require.Contains(t, string(page), "("+p.file+")")
		requireXML(t, filepath.Join(dir, p.file))
	}
}

func requireXML(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, path)
	}
}

func TestRunThatIsPartialOrQuickDoesNotReplaceThePublishedReport(t *testing.T) {
	for args, out := range map[string]string{
		"":                 "../docs",
		"-quick":           "",
		"-run one":         "",
		"-run one -out x":  "x",
		"-quick -out here": "here",
	} {
		o, err := parse(strings.Fields(args), io.Discard)
		require.NoError(t, err)
		require.Equal(t, out, o.out, "%q", args)
	}
	o, err := parse([]string{"-quick"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 3, o.rounds)
	require.Equal(t, 30*time.Millisecond, o.slice)
	_, err = parse([]string{"-run", "("}, io.Discard)
	require.ErrorContains(t, err, "-run")
}

func TestStoredRepliesHoldWhatTheEngineAnswersToday(t *testing.T) {
	e := engineEnv(t)
	fresh, err := record.FromEngine(t.Context(), e.dsn)
	require.NoError(t, err)
	stored := e.set
	for _, q := range record.Queries {
		require.Equal(t, stored[q.Key].Rows(), fresh[q.Key].Rows(), q.Key)
		e.set = stored
		want, err := e.table(q, 1)
		require.NoError(t, err)
		e.set = fresh
		got, err := e.table(q, 1)
		require.NoError(t, err)
		require.Equal(t, want, got, q.Key)
	}
}

func TestOtherDriversAreOffByDefault(t *testing.T) {
	for _, o := range otherDrivers {
		t.Setenv(o.variable, "")
	}
	require.False(t, otherServers())
	t.Setenv(otherDrivers[0].variable, "dsn")
	require.True(t, otherServers())
	last := builders(smallSizes)
	require.Equal(t, "others-page-4", last[len(last)-1].key)
}

func TestCPUTimeOfTheServerIsNotTheClients(t *testing.T) {
	e := storedEnv(t)
	e.serve = inItsOwnProcess
	cfg, err := e.loopback(record.One, 1)
	require.NoError(t, err)
	db, err := e.open(cfg, 1)
	require.NoError(t, err)
	require.NoError(t, new(one).ask(t.Context(), db))
}
