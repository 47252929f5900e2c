package scripted

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Request is one request as it was read.
type Request struct {
	Conn    int // number of the connection, from 1
	ID      uint64
	Method  string
	Text    string   // the first parameter, if it is a text: the query of "query"
	Params  [][]byte // CBOR of each parameter
	Txn     []byte   // CBOR of the transaction's id; nil if there is none
	Session []byte   // CBOR of the attached session's id; nil for the first one

	TraceContext map[string]string // traceparent and tracestate; nil if there is none
}

// opensSession reports whether a request belongs to what Serve answers itself.
func (r Request) opensSession() bool {
	switch r.Method {
	case "signin", "authenticate", "invalidate", "use", "let", "unset", "reset", "version", "ping":
		return true
	}
	return false
}

// ofStreams reports whether a server before 3.3 does not know the request.
func (r Request) ofStreams() bool { return r.Method == "query_stream" || r.Method == "query_cancel" }

func parseRequest(msg []byte) (r Request, err error) {
	var d cbor.Decoder
	d.Reset(msg)
	for key, err := range d.Pairs() {
		if err == nil {
			err = r.parseField(&d, string(key))
		}
		if err != nil {
			return r, err
		}
	}
	err = d.Tail()
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
	case "session":
		r.Session, err = d.Raw()
	case "trace_context":
		err = r.parseTraceContext(d)
	case "params":
		err = r.parseParams(d)
	default:
		err = fmt.Errorf("an unknown field %q", key)
	}
	return err
}

func (r *Request) parseTraceContext(d *cbor.Decoder) error {
	r.TraceContext = make(map[string]string)
	for key, err := range d.Pairs() {
		if err != nil {
			return err
		}
		name := string(key)
		if r.TraceContext[name], err = d.Text(); err != nil {
			return err
		}
	}
	return nil
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
