package cbor_test

import (
	"strconv"
	"testing"

	fxcbor "github.com/fxamacker/cbor/v2"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Pages of rows read and written, beside another's codec.

// page is a reply of the usual shape: 100 records with an id, a name, a number,
// a float and a flag.
func page() []byte {
	b := cbor.AppendArrayHeader(nil, 100)
	for i := range 100 {
		b = cbor.AppendMapHeader(b, 5)
		b = cbor.AppendInt(cbor.AppendText(b, "age"), int64(i)*1000)
		b = cbor.AppendTag(cbor.AppendText(b, "id"), 8)
		b = cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(b, 2), "person"), "k"+strconv.Itoa(i))
		b = cbor.AppendText(cbor.AppendText(b, "name"), "some ordinary name of a person")
		b = cbor.AppendFloat(cbor.AppendText(b, "score"), float64(i)/3)
		b = cbor.AppendBool(cbor.AppendText(b, "seen"), i%2 == 0)
	}
	return b
}

func BenchmarkSkip(b *testing.B) {
	input := page()
	var d cbor.Decoder
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset(input)
		if err := d.Skip(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWellformedByFxamacker is the baseline of BenchmarkSkip.
func BenchmarkWellformedByFxamacker(b *testing.B) {
	input := page()
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		if err := reference.Wellformed(input); err != nil {
			b.Fatal(err)
		}
	}
}

func readPage(d *cbor.Decoder) (sum int64, err error) {
	n, err := d.ArrayLen()
	for more, err := d.More(&n); more; more, err = d.More(&n) {
		if err != nil {
			return 0, err
		}
		m, err := d.MapLen()
		if err != nil {
			return 0, err
		}
		for range m {
			key, err := d.TextBytes()
			if err != nil {
				return 0, err
			}
			switch string(key) {
			case "age":
				var age int64
				age, err = d.Int()
				sum += age
			case "name":
				var name []byte
				name, err = d.TextBytes()
				sum += int64(len(name))
			case "score":
				_, err = d.Float()
			case "seen":
				_, err = d.Bool()
			default:
				err = d.Skip()
			}
			if err != nil {
				return 0, err
			}
		}
	}
	return sum, err
}

func BenchmarkTypedRead(b *testing.B) {
	input := page()
	var d cbor.Decoder
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset(input)
		if _, err := readPage(&d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTypedReadByFxamacker is the baseline of BenchmarkTypedRead.
func BenchmarkTypedReadByFxamacker(b *testing.B) {
	input := page()
	type record struct {
		Age   int64         `cbor:"age"`
		ID    fxcbor.RawTag `cbor:"id"`
		Name  string        `cbor:"name"`
		Score float64       `cbor:"score"`
		Seen  bool          `cbor:"seen"`
	}
	var records []record
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		if err := fxcbor.Unmarshal(input, &records); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendPage(b *testing.B) {
	buf := page()
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = cbor.AppendArrayHeader(buf[:0], 100)
		for i := range 100 {
			buf = cbor.AppendMapHeader(buf, 3)
			buf = cbor.AppendInt(cbor.AppendText(buf, "age"), int64(i)*1000)
			buf = cbor.AppendText(cbor.AppendText(buf, "name"), "some ordinary name of a person")
			buf = cbor.AppendFloat(cbor.AppendText(buf, "score"), float64(i)/3)
		}
	}
}
