package surrealsql

import (
	"strconv"
	"testing"
	"time"

	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

type benchPerson struct {
	ID      RecordID  `json:"id"`
	Name    string    `json:"name"`
	Age     int       `json:"age"`
	Score   float64   `json:"score"`
	Created time.Time `json:"created"`
	Tags    []string  `json:"tags"`
}

func benchPeople() []benchPerson {
	people := make([]benchPerson, 100)
	for i := range people {
		people[i] = benchPerson{RecordID("person:k" + strconv.Itoa(i)), "some ordinary name", i, float64(i) / 3, time.Unix(int64(i), 5), []string{"a", "b"}}
	}
	return people
}

func BenchmarkDecodeHundredRecords(b *testing.B) {
	raw := encoded(b, benchPeople())
	var d cbor.Decoder
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset(raw)
		if _, err := decodeValue(&d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeHundredRecordsBySDK is the baseline of the one above.
func BenchmarkDecodeHundredRecordsBySDK(b *testing.B) {
	raw := encoded(b, benchPeople())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := surrealcbor.Unmarshal(raw, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeHundredStructs(b *testing.B) {
	people := benchPeople()
	var buf []byte
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = appendValue(buf[:0], people, encoding{}); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkEncodeHundredStructsBySDK is the baseline of the one above; the SDK
// sends the ids as strings.
func BenchmarkEncodeHundredStructsBySDK(b *testing.B) {
	people := benchPeople()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := surrealcbor.Marshal(people); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeScalars(b *testing.B) {
	for name, v := range map[string]any{"int": int64(1) << 40, "text": "some text", "time": time.Unix(5, 5), "record": RecordID("person:tobie")} {
		raw := encoded(b, v)
		b.Run(name, func(b *testing.B) {
			var d cbor.Decoder
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(raw)
				if _, err := decodeValue(&d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkInto(b *testing.B) {
	src := received(b, encoded(b, benchPeople()))
	var people []benchPerson
	b.ReportAllocs()
	for b.Loop() {
		if err := Into(&people).Scan(src); err != nil {
			b.Fatal(err)
		}
	}
}
