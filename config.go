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

	"github.com/surrealsql/surrealsql/internal/files"
)

// This file is the configuration as a Go program sees it. What a DSN can say
// of it, with defaults and meanings, stands in one place: dsnKeys.

// Disabled turns a duration of [Config] off whose zero value means "the
// default": for example HealthCheckInterval. Any negative value does the same.
// In a DSN it is written 0.
const Disabled time.Duration = -1

// Config is everything a connector can be told. [ParseDSN] and [ConfigFromEnv]
// make one; a literal works too, and its zero fields take the defaults given
// here and in the table of DSN keys in docs/dsn.md.
//
// NewConnector keeps a copy, so later changes to a Config reach no connector.
// A Config must not be changed while another goroutine reads it. The callbacks
// and hooks may be called by several goroutines at once.
//
// Printing a Config, with any verb or through log/slog, shows neither password
// nor token. [Config.FormatDSN] does show them, and so does printing a struct of the
// program's that has a Config in a field that is not exported, of which package fmt
// asks no method: have a *Config there. The same holds for [Credentials] and [Tokens].
type Config struct {
	// Hosts are the servers, each host:port or host (port 8000, with TLS too);
	// an IPv6 address needs brackets: [::1]:8000. Without a host connecting
	// fails with ErrNoHosts.
	Hosts []string
	// TLS makes the connections wss. TLSConfig is cloned for each of them and
	// gets the host's name where ServerName is empty; nil means Go's defaults.
	TLS       bool
	TLSConfig *tls.Config
	// TLSCAFile is the path of the certificates, in PEM, that the server's is verified by in
	// place of the system's; TLSCertFile and TLSKeyFile are those of the client's certificate
	// and its key. They are read for each connection, so that a program need not be started
	// anew when they are renewed.
	TLSCAFile   string
	TLSCertFile string
	TLSKeyFile  string
	// TLSServerName is the name that the server's certificate must have, where that is not the
	// host's.
	TLSServerName string
	// TLSSkipVerify takes any certificate, which is no protection from those who listen in:
	// it is for trials.
	TLSSkipVerify bool

	// RPCPath is the path of the server's WebSocket, where a proxy has put it somewhere else.
	// Empty means /rpc.
	RPCPath string

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
	// PasswordFile is the path of a file that holds the password, in one line. It is read at
	// each sign-in that takes a password, and takes the place of Password.
	PasswordFile string
	// Token is a JWT for AuthToken.
	Token string
	// TokenFile is the path of a file that holds the token, in one line. It is read at each
	// sign-in, so that it may be replaced while the program runs, and takes the place of Token.
	TokenFile string
	// RefreshToken signs in at AuthRecord in place of a password, by an Access that is WITH
	// REFRESH. Such a token can be used once. So the connector exchanges it, once for all
	// connections, for an access token, by which these sign in, and the next refresh token; and
	// that one in its turn, by the first connection that signs in when half of the access
	// token's life is over. One whose exchange was not answered is not sent again. Where it is of
	// no use any more, a User signs in by the SIGNIN clause if there is one; else connecting
	// fails, and [IsAuth] tells. It is no key of a DSN: a text that is kept has an old one.
	RefreshToken string
	// OnTokens, if set, is given each new pair before it is used: Refresh is what RefreshToken is
	// to be when the program starts the next time. Without a RefreshToken a User signs in first,
	// once for all connections as above. The context is none of a call's; it ends after
	// ConnectTimeout, with the sign-in itself. An error fails those who connect, and the pair is
	// given again when the next one does. It must not use the connector.
	OnTokens func(ctx context.Context, t Tokens) error
	// SignUp makes the user of an Access by its SIGNUP clause, with the same variables, where the
	// SIGNIN clause finds nobody. Connections sign in by its tokens, as with a RefreshToken.
	SignUp bool
	// AuthParams are further variables of the signin: what the SIGNIN clause
	// of a record access reads, or the key of a bearer access.
	AuthParams map[string]any
	// TokenSource, if set, is asked for the token at each sign-in and takes the
	// place of Token and TokenFile.
	TokenSource func(context.Context) (string, error)
	// CredentialSource, if set, is asked for user and password at each sign-in and
	// takes the place of User, Password and PasswordFile.
	CredentialSource func(context.Context) (user, password string, err error)
	// NoTokenReuse has each connection sign in with its password. Otherwise the first one
	// does, and those that the Connector makes later, for the same user with the same
	// password, sign in with the token that the server gave it, until half of the token's
	// life is over. It says nothing of record and bearer accesses, whose connections
	// always sign in by themselves.
	NoTokenReuse bool

	// ConnectTimeout bounds connecting, with all its attempts: dial, TLS,
	// upgrade, sign-in, schema, Init and AfterConnect. Zero means 5s.
	ConnectTimeout time.Duration
	// QueryTimeout bounds each query, however many statements it has, where the
	// context has no nearer deadline. Zero sets no bound.
	QueryTimeout time.Duration
	// CloseTimeout bounds what has no context of its own: Close, Commit,
	// Rollback. Zero means 10s.
	CloseTimeout time.Duration
	// Stream says which answers are sent row by row, while the text runs, by servers that can
	// (SurrealDB 3.3). The zero value is StreamAuto; WithStream says it for single calls.
	Stream StreamMode
	// Protocol says which WebSocket subprotocol is spoken. The zero value is ProtocolAuto:
	// the most wanted that the server has. With another one connecting fails where the
	// server does not have it.
	Protocol Protocol
	// CancelTimeout is how long a connection may take to be of use again when a streamed call
	// on it was given up: the server stops the query when that next yields. Then the
	// connection is closed. The caller waits for nothing of this. Zero means 250ms.
	CancelTimeout time.Duration
	// MaxMessageSize is the largest message accepted from the server, and the most of an answer
	// that is kept in memory where that is sent in parts, in bytes.
	// Zero means 128 MiB.
	MaxMessageSize int
	// MaxRequestSize is the largest request that is sent, in bytes; a larger one
	// fails with ErrRequestTooLarge before anything of it is sent. Zero means
	// 128 MiB, which is what a server takes unless its variable
	// SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE says otherwise (2.6 to 4.0).
	MaxRequestSize int
	// LiveBufferSize is how many bytes are kept of a live query's notifications that its reader
	// has not taken. More ends its rows with ErrLagging. Zero means 4 MiB.
	LiveBufferSize int

	// MaxSessions is how many sessions of [WithSession] a connection keeps beside its own; the
	// least recently used one goes for a new one. Zero means 100. A server takes 255 at most
	// (SURREAL_WEBSOCKET_MAX_ATTACHED_SESSIONS); where it takes fewer, so does the connection.
	MaxSessions int

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
	// LoadBalance is the order in which Hosts are tried. One that does not serve is tried
	// after the others for a second at most, which doubles with each further failure up to
	// ten; one that has turned a request away, because it is being shut down or out of
	// memory, for five or more.
	LoadBalance LoadBalance
	// HostDelay is how long the dial of a host may take, up to the answer to the upgrade,
	// before the next one is tried beside it; where its dials are known to take long, it is
	// four times that. Only one of them signs in, unless that takes it a second. Zero means
	// 50ms, Disabled tries one after the other.
	HostDelay time.Duration
	// NoRebalance leaves connections where they are when a host is back. Otherwise a host
	// that does not serve is asked again, by a connection that does not sign in, when its
	// rest is over and HealthCheckInterval has passed; and when it is back for that long, a
	// tenth of the connections at a time are closed elsewhere between two leases, until it
	// has its share. By BalanceInOrder that is all that hosts behind it have.
	NoRebalance bool

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

	// NilAs is what a nil argument becomes.
	NilAs NilMode
	// SizedNumbers has arguments of Go's types int8 to uint64 and float32 keep their width as
	// SurrealDB's i8 to u64 and f32, where the protocol can say it (cbor.2 and shaped, of
	// SurrealDB 4.0). Otherwise they are sent as int and float, which fields of a type with a
	// width take as well. An i8 is not everywhere what an int is: see docs/types.md. The keys of
	// record ids are not concerned, nor is a uint64 beyond int64, which is always a u64 there.
	SizedNumbers bool
	// Reset says when a session is reset between two leases.
	Reset ResetMode

	// Logger gets what the driver does by itself, such as giving up a connection; nil logs
	// nothing. Its handler is also called by the goroutine that checks idle connections,
	// where a panic of it ends the program.
	//
	// LogQueries also logs each query's text (without the passwords and keys of
	// definitions), duration and rows, or its error, but no argument's value; without a
	// Logger to slog.Default(). A query whose rows are read is logged when they are closed:
	// the rows are those that were read, the duration is the time until then. The rows of
	// an Exec are those it affected. A failed query is logged at the level Warn, or Error
	// where it is the server's or the network's fault, or Info where the caller gave it up;
	// with the error's class and kind, and its message without values.
	Logger     *slog.Logger
	LogQueries bool
	// LogSlowQueries logs queries that take as long or longer, at the level Warn and
	// also without LogQueries. The duration is as above: where rows are read it has in
	// it what the program does between them. Zero logs none for being slow.
	LogSlowQueries time.Duration
	// Tracer, if set, is told of queries, and of transactions, connects, resets, closes and
	// the waits of package pool where it implements TxTracer, ConnectTracer, ResetTracer,
	// CloseTracer, AcquireTracer.
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
	// only. Auth is AuthAuto there if it was, and is derived from what the hook
	// leaves. An error fails the connect.
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

// complete makes c what a connector works with: every default in place, hosts
// with their ports, the level of Auth decided, durations that are off not above
// zero; or it returns what is wrong with it. A Config without hosts passes, so
// that an empty DSN opens: usable tells. It may be called again.
func (c *Config) complete() error {
	dsnKeys.ApplyDefaults(c)
	if err := c.check(); err != nil {
		return err
	}
	for i, h := range c.Hosts {
		host, err := parseHost(h, defaultPort)
		if err != nil {
			return err
		}
		c.Hosts[i] = host
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
	if c.Database != "" && c.Namespace == "" {
		return errDatabaseAlone(c.Database)
	}
	if err := c.checkVariables(); err != nil {
		return fmt.Errorf("surrealsql: Config.Variables: %w", err)
	}
	if err := checkRPCPath(c.RPCPath); err != nil {
		return err
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
	if err := c.tlsKeys().Check(c.TLS, c.TLSConfig); err != nil {
		return err
	}
	return c.checkAuth()
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

// tlsKeys is what the keys say of TLS, beside TLSConfig.
func (c *Config) tlsKeys() files.TLS {
	return files.TLS{CAFile: c.TLSCAFile, CertFile: c.TLSCertFile, KeyFile: c.TLSKeyFile,
		ServerName: c.TLSServerName, SkipVerify: c.TLSSkipVerify}
}

// tls returns the settings for TLS, or nil where there is none.
func (c *Config) tls() (*tls.Config, error) {
	if !c.TLS {
		return nil, nil
	}
	return c.tlsKeys().Config(c.TLSConfig)
}

// logsQueries reports whether any query is logged.
func (c *Config) logsQueries() bool { return c.LogQueries || c.LogSlowQueries > 0 }

// errDatabaseAlone refuses a database without a namespace, whose use ends the
// process of a 3.0 server.
func errDatabaseAlone(database string) error {
	return fmt.Errorf("surrealsql: db: got the database %q without a namespace, expected /namespace/database in the DSN, or ns as well", database)
}
