package surrealotel

// What is said of a query's text, which is read once: most programs send few texts, each
// many times.

import (
	"strings"
	"sync"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/surrealsql/surrealsql"
)

const (
	keptTexts = 1000     // that are remembered
	longText  = 16 << 10 // bytes; longer ones are not, and are read as far as that
	longShown = 8 << 10  // bytes of a text that a span has
)

// query is what is said of a text.
type query struct {
	name   string               // of its span
	labels []attribute.KeyValue // of its span and metrics
	text   []attribute.KeyValue // of its span
}

// texts remembers. Its zero value remembers nothing yet.
type texts struct {
	show QueryText

	mu    sync.RWMutex
	known map[string]*query
}

func (t *texts) of(text string) *query {
	t.mu.RLock()
	q := t.known[text]
	t.mu.RUnlock()
	if q != nil {
		return q
	}
	q = t.read(text)
	if len(text) > longText {
		return q
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= keptTexts {
		t.known = make(map[string]*query)
	}
	t.known[strings.Clone(text)] = q
	return q
}

func (t *texts) read(text string) *query {
	if isMethod(text) {
		return &query{name: text, labels: []attribute.KeyValue{semconv.DBOperationName(text)}}
	}
	start := cut(text, longText)
	o := surrealsql.OutlineOf(start)
	q := &query{name: o.Summary}
	if q.name == "" {
		q.name = system
	} else {
		q.labels = append(q.labels, semconv.DBQuerySummary(o.Summary))
	}
	if o.Operation != "" {
		q.labels = append(q.labels, semconv.DBOperationName(o.Operation))
	}
	if o.Table != "" {
		q.labels = append(q.labels, semconv.DBCollectionName(o.Table))
	}
	var shown string
	switch t.show {
	case TextWithoutLiterals:
		shown = surrealsql.WithoutLiterals(start)
	case WholeText:
		shown = surrealsql.WithoutSecrets(start)
	}
	if shown != "" {
		if short := cut(shown, longShown); short != shown || start != text {
			shown = short + "…"
		}
		q.text = []attribute.KeyValue{semconv.DBQueryText(shown)}
	}
	return q
}

// isMethod reports whether a tracer is told of another request than a query: by one word in
// lower case, which as a text would be no statement.
func isMethod(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// cut returns the beginning of a text, at most n bytes of whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
