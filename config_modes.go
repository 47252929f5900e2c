package surrealsql

// What several fields of a Config choose from.

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

// The orders of [Config].LoadBalance. The zero value is BalanceInOrder.
const (
	BalanceInOrder    LoadBalance = "in_order"    // always from the first host on: the others are spares
	BalanceRoundRobin LoadBalance = "round_robin" // each connection starts at the host after the last one's
	BalanceRandom     LoadBalance = "random"      // each connection starts anywhere
)

// NilMode is what a nil argument becomes.
type NilMode string

// The modes of [Config].NilAs. The zero value is NilIsNull.
const (
	NilIsNull NilMode = "null" // nil is NULL
	NilIsNone NilMode = "none" // nil is NONE, which option<T> fields take (they refuse NULL)
)

// ResetMode says when a connection's session is reset before its next use.
type ResetMode string

// The modes of [Config].Reset. The zero value is ResetAuto.
const (
	ResetAuto   ResetMode = "auto"   // only what the last user changed: free when nothing changed
	ResetAlways ResetMode = "always" // each time, at the price of a round trip
	ResetNever  ResetMode = "never"  // not even after changes: one session for all users of the pool
)
