package surrealsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Bulk writing: many records by few statements.

// The defaults of [Bulk].
const (
	// Up to 3.3 the server's time for an INSERT grows faster than its records, on 4.0 each
	// statement costs much: this is within a third of the best on both (docs/bulk.md).
	defaultBatchRecords = 200
	defaultBatchBytes   = 4 << 20
	defaultMaxWait      = 100 * time.Millisecond
)

// Bulk says how many records are inserted. The zero value is ready for use, and what [Insert]
// does. It is a value: copy it freely, use it from many goroutines at once.
type Bulk struct {
	// BatchRecords is the most records of a statement. Zero means 200.
	BatchRecords int
	// BatchBytes ends a statement with the record that brings its records, as they are
	// sent, to so many bytes. Zero means 4 MiB. It is to lie well below max_request_size.
	BatchBytes int
	// MaxWait is how long the first record of a batch waits for others, where they come
	// from a channel. Zero means 100 ms, negative as long as it takes.
	MaxWait time.Duration
	// Connections is how many connections insert at the same time, each a batch. Zero
	// means one. A *sql.Conn and a *sql.Tx have no more. The batches are in force in any
	// order then; what the callbacks and the error tell stays in the order of the rows.
	Connections int

	// Ignore leaves records alone that are there already, by their id or in a unique index
	// (INSERT IGNORE).
	Ignore bool
	// Update is what becomes of a record that is there already: the assignments of ON
	// DUPLICATE KEY UPDATE, as in "visits += 1, name = $input.name", where $input is the
	// record that was to be inserted. It is part of the statement's text: values go in
	// UpdateArgs, as $1, $2 or by name; the name $rows is taken. [FromInput] makes it of
	// a list of fields.
	Update     string
	UpdateArgs []any
	// Relation inserts edges (INSERT RELATION): records with in and out.
	Relation bool

	// Retry is how often a batch is sent again that conflicted with another transaction or
	// did not reach the server. The zero value of it is the default, Retry{Attempts: 1}
	// means never. Nothing is sent again that may be in force, and nothing in a
	// transaction: that is to be run again as a whole, as Retry.RunTx does.
	Retry Retry

	// IDs, if set, is called with the ids of the records that a statement has written, in
	// the order of the rows. Progress, if set, is called after that with what has been
	// done so far. Both are called for each statement, by the goroutine that inserts. In a
	// transaction nothing of it is in force yet.
	IDs      func(ids []RecordID)
	Progress func(Inserted)
}

// Inserted is what has been done.
type Inserted struct {
	// Rows is how many rows were sent and answered.
	Rows int
	// Records is how many records these have written, as RowsAffected of Exec tells it:
	// fewer than Rows where some were ignored, or may not be seen by a record user.
	Records int64
	// Batches is how many statements that took.
	Batches int
}

// Insert inserts rows into a table, as the zero [Bulk] does:
//
//	_, err := surrealsql.Insert(ctx, db, "person", people)
//	_, err = surrealsql.Bulk{Ignore: true}.Insert(ctx, db, "person", people)
func Insert(ctx context.Context, db ExecQuerier, table string, rows any) (Inserted, error) {
	return Bulk{}.Insert(ctx, db, table, rows)
}

// Insert inserts rows into a table, by as many statements as that takes. rows is one of
//
//   - a slice;
//   - an iterator: a func(yield func(T) bool), such as an iter.Seq[T], or a func(yield
//     func(T, error) bool), such as an iter.Seq2[T, error], whose error ends it;
//   - a channel, until it is closed,
//
// of records: structs, maps or pointers to them, which are encoded as arguments are; what is no
// record is for the server to refuse. Other rows are an error before anything is sent. A record
// is to stay as it is until Insert returns. Without rows nothing is sent.
//
// table is the name of a table, whatever it holds. A record whose id is not set gets one from
// the server.
//
// db is a *[sql.DB], *[sql.Conn] or *[sql.Tx], or what wraps one of them. Each statement is in
// force as a whole or not at all. All of them together are so in a transaction alone:
//
//	err := surrealsql.Retry{}.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
//		_, err := surrealsql.Insert(ctx, tx, "person", people)
//		return err
//	})
//
// Memory does not grow with the number of rows: of an iterator and a channel it holds
// BatchRecords for each connection. The end of the context ends the call, between two rows of
// an iterator; rows that were not sent by then are not.
//
// At the first failure it sends no more rows, waits for the batches that are on their way, and
// returns an *[InsertError], which says which rows are in force and, as far as it can be known,
// which one is at fault. What was inserted before is returned with it.
func (b Bulk) Insert(ctx context.Context, db ExecQuerier, table string, rows any) (Inserted, error) {
	in := &insertion{Bulk: b.withDefaults(db), ctx: ctx, db: db, table: table}
	source, err := rowSourceOf(rows)
	if err == nil {
		in.text, err = in.statement()
	}
	if err != nil {
		return Inserted{}, fmt.Errorf("surrealsql: inserting into %s: %w", table, err)
	}
	return in.run(source)
}

func (b Bulk) withDefaults(db ExecQuerier) Bulk {
	if b.BatchRecords <= 0 {
		b.BatchRecords = defaultBatchRecords
	}
	if b.BatchBytes <= 0 {
		b.BatchBytes = defaultBatchBytes
	}
	if b.MaxWait == 0 {
		b.MaxWait = defaultMaxWait
	}
	switch db.(type) {
	case *sql.Conn, *sql.Tx:
		b.Connections = 1
	}
	b.Connections = max(b.Connections, 1)
	return b
}

// statement is the text of an INSERT of $rows.
func (in *insertion) statement() (string, error) {
	switch {
	case in.table == "":
		return "", errors.New("a table needs a name")
	case checkUTF8(in.table) != nil || strings.ContainsRune(in.table, 0):
		return "", fmt.Errorf("%q is no table's name", in.table)
	case in.Ignore && in.Update != "":
		return "", errors.New("both Ignore and Update are set: a record that is there already is ignored or updated")
	case in.Update == "" && len(in.UpdateArgs) > 0:
		return "", errors.New("UpdateArgs are set without Update")
	}
	text := []byte("INSERT ")
	if in.Relation {
		text = append(text, "RELATION "...)
	}
	if in.Ignore {
		text = append(text, "IGNORE "...)
	}
	text = append(literal.AppendName(append(text, "INTO "...), in.table), " $rows"...)
	if in.Update != "" {
		text = append(append(text, " ON DUPLICATE KEY UPDATE "...), in.Update...)
		text = append(text, '\n') // which ends a comment
	}
	if n := len(surrealql.Analyze(string(text)).Statements); n != 1 {
		return "", fmt.Errorf("the text is %d statements with Update: expected assignments, such as `name = $input.name`", n)
	}
	return string(text), nil
}

// FromInput returns the assignments that give an existing record the fields of the one that was
// to be inserted, for Update of [Bulk]: of "name", "age" they are
//
//	name = $input.name, age = $input.age
func FromInput(fields ...string) string {
	var b []byte
	for i, field := range fields {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = literal.AppendName(b, field)
		b = literal.AppendName(append(b, " = $input."...), field)
	}
	return string(b)
}
