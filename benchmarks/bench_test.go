package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// The groups as Go benchmarks.

// Benchmark runs every case of every group as a Go benchmark, on little data:
// `go test -bench . -benchtime 1x` shows that they work, and
// `-bench /page-4/driver -cpuprofile cpu.out` profiles one.
func Benchmark(b *testing.B) {
	for _, builder := range builders(smallSizes) {
		b.Run(builder.key, func(b *testing.B) {
			var e *env
			if onEngine(builder.key) {
				e = engineEnv(b)
			} else {
				e = storedEnv(b)
			}
			g, err := builder.build(e)
			if errors.Is(err, errors.ErrUnsupported) {
				b.Skip(err)
			}
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range g.Cases {
				b.Run(plain.Replace(c.Name), func(b *testing.B) { benchmark(b, c) })
			}
		})
	}
	f := &findings{firstRow: make(map[string]float64)}
	for _, m := range []struct {
		key     string
		env     func(testing.TB) *env
		measure func(*env) error
	}{
		{"million", storedEnv, func(e *env) error { return f.million(e, 1) }},
		{"server-million", engineEnv, func(e *env) error { return f.serverMillion(e, 1) }},
		{stormKey, engineEnv, func(e *env) error { _, err := storms(b.Context(), e, 1, io.Discard); return err }},
	} {
		b.Run(m.key, func(b *testing.B) {
			e := m.env(b)
			for b.Loop() {
				if err := m.measure(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// plain makes a case's name one that -bench can select.
var plain = strings.NewReplacer(" ", "_", "/", "-")

func onEngine(key string) bool {
	return strings.HasSuffix(key, "-engine") || strings.HasPrefix(key, "server-") || key == "inserts" || key == "exec"
}

func benchmark(b *testing.B, c measure.Case) {
	b.ReportAllocs()
	if c.Workers > 1 {
		b.ResetTimer()
		if _, err := c.Do(b.N); err != nil {
			b.Fatal(err)
		}
		return
	}
	for b.Loop() {
		if c.Before != nil {
			b.StopTimer()
			if err := c.Before(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		if err := c.Op(0); err != nil {
			b.Fatal(err)
		}
	}
	if c.Rows > 1 {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.Rows), "ns/row")
	}
}
