package scripted

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Request is one request as it was read.
type Request struct {
	Conn   int // number of the connection, from 1
	ID     uint64
	Method string
	Text   string   // the first parameter, if it is a text: the query of "query"
	Params [][]byte // CBOR of each parameter
	Txn    []byte   // CBOR of the transaction's id; nil if there is none
}

// opensSession reports whether a request belongs to what Serve answers itself.
func (r Request) opensSession() bool {
	switch r.Method {
	case "signin", "authenticate", "invalidate", "use", "let", "unset", "reset", "version", "ping":
		return true
	}
	return false
}

func parseRequest(msg []byte) (r Request, err error) {
	var d cbor.Decoder
	d.Reset(msg)
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var key string
		if key, err = d.Text(); err == nil {
			err = r.parseField(&d, key)
		}
	}
	if err == nil {
		err = d.Tail()
	}
	if err == nil && (r.ID == 0 || r.Method == "") {
		err = fmt.Errorf("no id or no method")
	}
	return r, err
}

func (r *Request) parseField(d *cbor.Decoder, key string) (err error) {
	switch key {
	case "id":
		r.ID, err = d.Uint()
	case "method":
		r.Method, err = d.Text()
	case "txn":
		r.Txn, err = d.Raw()
	case "params":
		err = r.parseParams(d)
	default:
		err = fmt.Errorf("an unknown field %q", key)
	}
	return err
}

func (r *Request) parseParams(d *cbor.Decoder) error {
	n, err := d.ArrayLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var raw []byte
		if raw, err = d.Raw(); err == nil {
			r.Params = append(r.Params, raw)
		}
	}
	if err != nil || len(r.Params) == 0 {
		return err
	}
	var first cbor.Decoder
	first.Reset(r.Params[0])
	if kind, _ := first.PeekKind(); kind == cbor.KindText {
		r.Text, err = first.Text()
	}
	return err
}
