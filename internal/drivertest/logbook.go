package drivertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// Logbook keeps what is logged, as JSON lines. The zero value is ready for use.
type Logbook struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

// Write adds to the log.
func (b *Logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

// String is the whole log.
func (b *Logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

// Logger writes to the log, at every level.
func (b *Logbook) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Records are the lines with a message that holds the words.
func (b *Logbook) Records(t testing.TB, words string) (found []map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(b.String()))
	for {
		var r map[string]any
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return found
		} else {
			require.NoError(t, err)
		}
		if strings.Contains(r["msg"].(string), words) {
			found = append(found, r)
		}
	}
}

// WithLog makes a Config log to b.
func WithLog(b *Logbook) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.Logger = b.Logger() }
}
