package surrealsql

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// maxBackoff caps the pause between two attempts to connect.
const maxBackoff = 10 * time.Second

// sleep waits, and reports whether the context let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mayPass reports whether an error to connect can pass by itself: a refused
// connection can, a refused password cannot. Signing in may be repeated, so a
// connection that is lost during it can pass too.
func mayPass(err error) bool {
	var setUp *setUpError
	if errors.As(err, &setUp) {
		return false
	}
	return IsRetryable(err) || errors.Is(err, ErrOutcomeUnknown) && !hopeless(err)
}

// failsFast reports whether DialContext refused to dial for now. Trying again
// after connect_backoff would only make the caller wait for the same answer.
func failsFast(err error) bool {
	var refused interface{ FailFast() bool }
	return errors.As(err, &refused) && refused.FailFast()
}

// hopeless reports whether the two sides do not suit each other: one refuses the
// other's certificate, or they do not speak the same protocol.
func hopeless(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		plain       tls.RecordHeaderError // the server speaks no TLS
		strange     *ws.ProtocolError     // or no WebSocket, or not with subprotocol cbor
		network     *net.OpError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &plain), errors.As(err, &strange):
		return true
	}
	// This is how crypto/tls returns an alert of the server, such as "certificate
	// required": its type is not exported.
	return errors.As(err, &network) && network.Op == "remote error"
}
