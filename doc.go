// Package surrealsql is the database/sql driver for SurrealDB.
//
// Import it for its name and open a DSN:
//
//	import (
//		"database/sql"
//
//		_ "github.com/surrealsql/surrealsql"
//	)
//
//	db, err := sql.Open("surrealdb", "surrealdb://root:root@localhost:8000/shop/main")
//
// What a string cannot say (TLS certificates, a dialer, hooks, credentials that
// change) is a field of [Config], for [NewConnector] and [sql.OpenDB].
//
// This page says how things work; https://github.com/surrealsql/surrealsql/tree/main/docs
// goes further, with the keys of a DSN, tables of types, and what texts of errors mean.
//
// # Queries
//
// Texts are SurrealQL. Arguments are named, or numbered from 1:
//
//	db.QueryRowContext(ctx, `SELECT name, age FROM person WHERE age > $1`, 18)
//	db.ExecContext(ctx, `CREATE person CONTENT $person`, sql.Named("person", person))
//
// `?` is an operator of SurrealQL and no placeholder. A name without a value is
// refused before the text is sent: the server would take NONE for it. An argument
// that the text does not use is refused too.
//
// Columns come in the order in which the text names them, although the server
// sorts the keys of its objects: SELECT name, age is scanned as &name, &age.
// With `*`, and for writes without RETURN, the columns are the union of the
// keys: id first, the others sorted, nil where a record lacks one. What is no
// object is one column, `value`. An expression without a name that cannot be
// found in the reply is an error that asks for an alias; values are never
// swapped.
//
// Every statement of a text is a result set of its own, except LET, USE, BEGIN,
// COMMIT, CANCEL and OPTION, so that QueryRow works for
// `LET $x = …; SELECT … WHERE y = $x`. Each statement commits on its own, and
// those after a failed one still run: put BEGIN and COMMIT around them, or use a
// transaction. The error of a statement surfaces when its set is reached, and
// at the latest from Rows.Close.
//
// # Values
//
// NONE and NULL are nil; int, float, bool, string, bytes, datetime and duration
// are Go's int64, float64, bool, string, []byte, time.Time (UTC) and
// time.Duration; a decimal and a uuid are text; a record is a [RecordID]; an
// array is []any, an object map[string]any. [Value] and [Into] scan arrays and
// objects into slices, maps and structs. The tables in docs/types.md have
// the rest, and the way back.
//
// # Transactions
//
// [sql.DB.BeginTx] opens a real one, on SurrealDB 3: see [Conn.BeginTx]. After a
// statement that may write has failed, the transaction is doomed: Commit cancels
// it and returns [ErrTxDoomed] with the reason, because the server would commit
// the half that went through. [Retry.RunTx] runs a transaction again that has
// conflicted with another one.
//
// # Errors
//
// What the server answers is an [*Error]; [IsConflict], [IsDuplicate] and their
// siblings tell what it means. What happens to a connection is a [*ConnError].
// When a request may have been executed but its answer is lost,
// errors.Is(err, [ErrOutcomeUnknown]) says so; such a request is never sent
// again.
//
// # Cancelling and pooling
//
// A context that ends lets its call return at once and stops the query on the server.
// A streamed call, which SurrealDB can since 3.3, keeps its connection; any other is
// stopped by closing it, and the pool makes a new one: see [StreamMode]. Rows that are
// streamed are provisional until [sql.Rows.Err] has said nil. database/sql's pool does
// the leasing: set its limits with SetMaxOpenConns, SetMaxIdleConns and SetConnMaxIdleTime.
// The driver looks after idle connections, so that one that died is never handed
// out, and sets the session back between leases: see [Conn].
package surrealsql
