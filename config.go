package surrealsql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"
)

// This file is the configuration as a Go program sees it. What a DSN can say
// of it, with defaults and meanings, stands in one place: dsnKeys.

// Disabled turns a duration of [Config] off whose zero value means "the
// default": for example HealthCheckInterval. Any negative value does the same.
// In a DSN it is written 0.
const Disabled time.Duration = -1

// AuthLevel says as whom a connection signs in.
type AuthLevel string

// The levels a user of SurrealDB can be defined on.
const (
	// AuthAuto is the zero value: AuthToken if there is a token, else
	// AuthRecord if there is an access method, else AuthRoot if there is a
	// user, else AuthNone.
	AuthAuto      AuthLevel = ""
	AuthNone      AuthLevel = "none"      // anonymous, where the server allows it
	AuthRoot      AuthLevel = "root"      // DEFINE USER … ON ROOT
	AuthNamespace AuthLevel = "namespace" // DEFINE USER … ON NAMESPACE; needs Namespace
	AuthDatabase  AuthLevel = "database"  // DEFINE USER … ON DATABASE; needs Namespace and Database
	AuthRecord    AuthLevel = "record"    // DEFINE ACCESS … TYPE RECORD or BEARER; needs Access, Namespace and Database
	AuthToken     AuthLevel = "token"     // a JWT, from Token or TokenSource
)

// LoadBalance is the order in which several hosts are tried.
type LoadBalance string

// The orders of [Config].LoadBalance. The zero value is InOrder.
const (
	InOrder    LoadBalance = "in_order"    // always from the first host on: the others are spares
	RoundRobin LoadBalance = "round_robin" // each connection starts at the host after the last one's
	Random     LoadBalance = "random"      // each connection starts anywhere
)

// NullMode is what a nil argument becomes.
type NullMode string

// The modes of [Config].NullAs. The zero value is NilIsNull.
const (
	NilIsNull NullMode = "null" // nil is NULL
	NilIsNone NullMode = "none" // nil is NONE, which option<T> fields take (they refuse NULL)
)

// ResetMode says when a connection's session is reset before its next use.
type ResetMode string

// The modes of [Config].Reset. The zero value is ResetAuto.
const (
	ResetAuto   ResetMode = "auto"   // only what the last user changed: free when nothing changed
	ResetAlways ResetMode = "always" // each time, at the price of a round trip
	ResetNever  ResetMode = "never"  // not even after changes: one session for all users of the pool
)

// Config is everything a connector can be told. [ParseDSN] and [ConfigFromEnv]
// make one; a literal works too, and its zero fields take the defaults given
// here and in the README's table of DSN keys.
//
// NewConnector keeps a copy, so later changes to a Config reach no connector.
// A Config must not be changed while another goroutine reads it. The callbacks
// and hooks may be called by several goroutines at once.
//
// Printing a Config, with any verb or through log/slog, shows neither password
// nor token. [Config.FormatDSN] does show them.
type Config struct {
	// Hosts are the servers, each host:port or host (port 8000, with TLS too);
	// an IPv6 address needs brackets: [::1]:8000. Without a host connecting
	// fails with ErrNoHosts.
	Hosts []string
	// TLS makes the connections wss. TLSConfig is cloned for each of them and
	// gets the host's name where ServerName is empty; nil means Go's defaults.
	TLS       bool
	TLSConfig *tls.Config

	// Namespace and Database are selected on each connection. A Database
	// needs a Namespace.
	Namespace string
	Database  string

	// Auth is the level to sign in at; the zero value derives it (AuthAuto).
	Auth AuthLevel
	// User and Password sign in at the levels root, namespace and database. At
	// the level record they are sent as the variables user and pass.
	User     string
	Password string
	// Access names the access method (DEFINE ACCESS) for AuthRecord.
	Access string
	// Token is a JWT for AuthToken.
	Token string
	// AuthParams are further variables of the signin: what the SIGNIN clause
	// of a record access reads, or the key of a bearer access.
	AuthParams map[string]any
	// TokenSource, if set, is asked for the token at each sign-in and takes the
	// place of Token.
	TokenSource func(context.Context) (string, error)
	// Credentials, if set, is asked for user and password at each sign-in and
	// takes the place of User and Password.
	Credentials func(context.Context) (user, password string, err error)

	// DialTimeout bounds connecting, with all its attempts: dial, TLS,
	// upgrade, sign-in, schema, Init and AfterConnect. Zero means 5s.
	DialTimeout time.Duration
	// QueryTimeout bounds each query, however many statements it has, where the
	// context has no nearer deadline. Zero sets no bound.
	QueryTimeout time.Duration
	// CloseTimeout bounds what has no context of its own: Close, Commit,
	// Rollback. Zero means 10s.
	CloseTimeout time.Duration
	// MaxMessageSize is the largest message accepted from the server, in bytes.
	// Zero means 128 MiB.
	MaxMessageSize int
	// MaxRequestSize is the largest request that is sent, in bytes; a larger one
	// fails with ErrRequestTooLarge before anything of it is sent. Zero means
	// 128 MiB, which is what a server takes unless its variable
	// SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE says otherwise (2.6 to 4.0).
	MaxRequestSize int

	// MaxUses retires a connection after so many leases. Zero sets no limit.
	MaxUses int
	// MaxLifetime retires a connection of that age. Zero sets no limit.
	// Unlike sql.DB's, it has jitter: each connection's life is shorter by a
	// random part of LifetimeJitter, so that they do not all end at once. A
	// LifetimeJitter of zero means a tenth of MaxLifetime, Disabled none.
	MaxLifetime    time.Duration
	LifetimeJitter time.Duration
	// HealthCheckInterval is the time between two looks at the idle connections.
	// Zero means 5s, Disabled never.
	HealthCheckInterval time.Duration
	// PingAfterIdle is how long a connection may idle before it is pinged. Zero
	// means 30s, Disabled never.
	PingAfterIdle time.Duration

	// ConnectAttempts is how often connecting is tried in all, each time with
	// every host, while the error can pass; zero means 3. ConnectBackoff is the
	// longest first pause, doubled each time, of which a random part is waited;
	// zero means 100ms, Disabled no pause.
	ConnectAttempts int
	ConnectBackoff  time.Duration
	// LoadBalance is the order in which Hosts are tried.
	LoadBalance LoadBalance

	// SchemaFile is the path of a SurrealQL file, Schema such a text: run once
	// per connector and database, before its first connection is used, and once
	// more when the file has changed. It runs at each start of a program, so
	// definitions should say IF NOT EXISTS or OVERWRITE. If it fails, connecting
	// fails. Only one of the two may be set.
	SchemaFile string
	Schema     string
	// Variables are set on every connection and stay over resets: $name in
	// all texts.
	Variables map[string]any
	// Init are texts run on every new connection, after the schema. LET and USE
	// in them end with their text: see Variables and AfterConnect.
	Init []string

	// ReadOnly refuses statements that may write, before they are sent and with
	// ErrReadOnly, and makes every transaction read-only. It tells by the text, as
	// read-only transactions do (see [ReadsOnly]): give the program a user that may
	// not write where that must hold whatever functions and computed fields do. The
	// schema, Init and AfterConnect may write, and connecting makes the namespace and
	// the database if they are not there.
	ReadOnly bool

	// NullAs is what a nil argument becomes.
	NullAs NullMode
	// Reset says when a session is reset between two leases.
	Reset ResetMode

	// Logger gets what the driver does by itself, such as giving up a
	// connection; nil logs nothing. LogQueries also logs each query's text (without the
	// passwords and keys of definitions), duration and rows, or its error, but no
	// argument's value; without a Logger to slog.Default(). A query whose rows are
	// read is logged when they are closed: the rows are those that were read, the
	// duration is the time until then. The rows of an Exec are those it affected.
	// A handler is also called by the goroutine that looks after idle connections,
	// where a panic of it ends the program.
	// A failed query is logged at the level Warn, or Error where it is the server's or
	// the network's fault, or Info where the caller gave it up; with the error's class
	// and kind, and its message without values.
	Logger     *slog.Logger
	LogQueries bool
	// LogSlowQueries logs queries that take as long or longer, at the level Warn and
	// also without LogQueries. The duration is as above: where rows are read it has in
	// it what the program does between them. Zero logs none for being slow.
	LogSlowQueries time.Duration
	// Tracer, if set, is told of queries, and of connects, resets and closes
	// where it implements ConnectTracer, ResetTracer, CloseTracer.
	Tracer Tracer

	// DialContext, if set, opens the TCP connections. TLS is put on top of
	// what it returns. An error with a method FailFast() bool that returns true
	// says that the host was not even asked, as a circuit breaker does: the next
	// host is tried at once, and no further attempt is made for its sake.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// Headers are sent with the WebSocket handshake.
	Headers http.Header

	// BeforeConnect, if set, is called before each attempt to connect with a
	// copy of the Config made for that attempt: what it changes there
	// (credentials, headers, TLSConfig, namespace) holds for this connection
	// only. An error fails the connect.
	BeforeConnect func(ctx context.Context, cfg *Config) error
	// AfterConnect, if set, is called with each new connection, signed in and
	// prepared, before anyone uses it. An error closes it and fails the connect.
	AfterConnect func(ctx context.Context, conn *Conn) error
	// BeforeClose, if set, is called before a connection that still works is
	// closed. Nothing bounds it in time. The connection counts until it is closed,
	// so with all of SetMaxOpenConns in use the hook must not wait for another one.
	BeforeClose func(conn *Conn)
}

// Clone returns a deep copy: nothing that either can change is shared. The
// values in AuthParams and Variables are copied as they are.
func (c *Config) Clone() *Config {
	d := *c
	d.Hosts = slices.Clone(c.Hosts)
	d.Init = slices.Clone(c.Init)
	d.AuthParams = maps.Clone(c.AuthParams)
	d.Variables = maps.Clone(c.Variables)
	d.Headers = c.Headers.Clone()
	if c.TLSConfig != nil {
		d.TLSConfig = c.TLSConfig.Clone()
	}
	return &d
}

// validate makes c what a connector works with: every default in place, hosts
// with their ports, the level of Auth decided, durations that are off not above
// zero; or it returns what is wrong with it. A Config without hosts passes, so
// that an empty DSN opens: usable tells. It may be called again.
func (c *Config) validate() error {
	dsnKeys.ApplyDefaults(c)
	if err := c.check(); err != nil {
		return err
	}
	for i, h := range c.Hosts {
		c.Hosts[i], _ = parseHost(h, defaultPort) // which check has tried
	}
	c.Auth = c.authLevel()
	if c.LifetimeJitter == 0 {
		c.LifetimeJitter = c.MaxLifetime / 10
	}
	if c.logsQueries() && c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}

// encoding is how arguments are sent.
func (c *Config) encoding() encoding { return encoding{nilIsNone: c.NullAs == NilIsNone} }

// usable reports why nothing can be connected to, if so.
func (c *Config) usable() error {
	if len(c.Hosts) == 0 {
		return ErrNoHosts
	}
	return nil
}

// check tries each value by the rules of its DSN key, then what must hold
// between them.
func (c *Config) check() error {
	if err := dsnKeys.Check(c); err != nil {
		return err
	}
	for _, h := range c.Hosts {
		if _, err := parseHost(h, defaultPort); err != nil {
			return err
		}
	}
	if c.Database != "" && c.Namespace == "" {
		return errDatabaseAlone(c.Database)
	}
	if err := c.checkVariables(); err != nil {
		return fmt.Errorf("surrealsql: Config.Variables: %w", err)
	}
	if err := checkNames(c.Namespace, c.Database); err != nil {
		return fmt.Errorf("surrealsql: %w", err)
	}
	if c.SchemaFile != "" && c.Schema != "" {
		return errors.New("surrealsql: schema_file and Config.Schema are both set: expected one of them")
	}
	if c.MaxLifetime > 0 && c.LifetimeJitter > c.MaxLifetime {
		return fmt.Errorf("surrealsql: lifetime_jitter: got %s, expected at most max_lifetime, which is %s",
			c.LifetimeJitter, c.MaxLifetime)
	}
	return c.validateAuth()
}

// checkVariables refuses variables that cannot be set, in the order of their
// names, so that the error is the same each time.
func (c *Config) checkVariables() error {
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		if err := checkVariable(name); err != nil {
			return err
		}
	}
	return nil
}
