package surrealsql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/ws"
)

func TestAnUnknownOutcomeIsSaidAndNeverRetried(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("x: %w", &ConnError{Op: "read", Addr: "h:8000", Err: io.ErrUnexpectedEOF, Sent: true})
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, []string{"connectivity", "unknown"}, yesTo(err))
	require.EqualError(t, err, "x: surrealsql: connection to h:8000 failed (read): unexpected EOF; "+
		"the outcome is unknown: the request may have been executed")

	both := errors.Join(err, newError(0, "Query", "", detailsOf("TransactionConflict")))
	require.True(t, IsConflict(both))
	require.False(t, IsRetryable(both))
}

func TestWhatWasNotSentMayBeRetried(t *testing.T) {
	t.Parallel()
	err := &ConnError{Op: "write", Addr: "h:8000", Err: syscall.EPIPE}
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.Equal(t, []string{"connectivity", "retryable"}, yesTo(err))
	require.EqualError(t, err, "surrealsql: connection to h:8000 failed (write): broken pipe; nothing was sent")
	require.EqualError(t, &ConnError{Addr: "h:1"}, "surrealsql: connection to h:1 failed; nothing was sent")
}

func TestConnErrorsNeverLeadToErrBadConn(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{driver.ErrBadConn, fmt.Errorf("x: %w", driver.ErrBadConn), errors.Join(io.EOF, driver.ErrBadConn)} {
		err := fmt.Errorf("y: %w", &ConnError{Addr: "h:1", Err: cause, Sent: true})
		require.NotErrorIs(t, err, driver.ErrBadConn)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
	}
}

func TestDeadlinesShowThroughConnErrors(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.DeadlineExceeded, os.ErrDeadlineExceeded} {
		err := error(&ConnError{Addr: "h:1", Err: cause, Sent: true})
		require.ErrorIs(t, err, cause)
		require.Equal(t, []string{"connectivity", "timeout", "unknown"}, yesTo(err))
		timeout, ok := errors.AsType[interface {
			error
			Timeout() bool
		}](err)
		require.True(t, ok && timeout.Timeout())
	}
	cancelled := &ConnError{Addr: "h:1", Err: context.Canceled}
	require.ErrorIs(t, cancelled, context.Canceled)
	require.Equal(t, []string{"connectivity"}, yesTo(cancelled))
	require.False(t, cancelled.Timeout())
}

func TestFailuresToConnectAnswerTheirQuestions(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{refused, []string{"connectivity", "retryable"}},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, []string{"connectivity", "retryable"}},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, []string{"connectivity"}},
		{&ConnError{Addr: "h:1", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, []string{"connectivity"}},
		{&ws.HandshakeError{Status: 401}, []string{"auth", "connectivity"}},
		{&ws.HandshakeError{Status: 404}, []string{"connectivity"}},
		{&ws.HandshakeError{Status: 503}, []string{"connectivity", "retryable"}},
		{driver.ErrBadConn, []string{"connectivity", "retryable"}},
		{ErrNoHosts, nil},
		{ErrClosed, nil},
	} {
		require.Equal(t, c.want, yesTo(fmt.Errorf("cannot connect: %w", c.err)), "%v", c.err)
	}
}
