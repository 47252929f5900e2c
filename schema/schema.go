// Package schema reads what a server has defined: INFO FOR ROOT, NAMESPACE, DATABASE, TABLE and
// INDEX as Go values.
//
//	table, err := schema.ReadTable(ctx, db, "person")
//	for _, field := range table.Fields {
//		fmt.Println(field.Name, field.Type, field.Readonly)
//	}
//
// Everything is as the server tells it (INFO … STRUCTURE; measured on 3.0.2, 3.3.5 and
// 4.0.0-beta.1): expressions and types are SurrealQL texts. What a server tells beyond the
// fields of these types is in their Raw. Who may not ask gets the server's error
// ([surrealsql.IsAuth]).
package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// Root is what INFO FOR ROOT tells.
type Root struct {
	Namespaces []Namespace    `surreal:"namespaces"`
	Accesses   []Access       `surreal:"accesses"`
	Users      []User         `surreal:"users"`
	Raw        map[string]any `surreal:"-"`
}

// Namespace is a namespace; its Databases, Accesses and Users are read by [ReadNamespace] alone.
type Namespace struct {
	Name      string         `surreal:"name"`
	Comment   string         `surreal:"comment"`
	Databases []Database     `surreal:"databases"`
	Accesses  []Access       `surreal:"accesses"`
	Users     []User         `surreal:"users"`
	Raw       map[string]any `surreal:"-"`
}

// Database is a database; all but its name and comment is read by [ReadDatabase] alone.
type Database struct {
	Name      string         `surreal:"name"`
	Comment   string         `surreal:"comment"`
	Tables    []Table        `surreal:"tables"`
	Accesses  []Access       `surreal:"accesses"`
	Analyzers []Analyzer     `surreal:"analyzers"`
	Functions []Function     `surreal:"functions"`
	Params    []Param        `surreal:"params"`
	Sequences []Sequence     `surreal:"sequences"`
	Users     []User         `surreal:"users"`
	Raw       map[string]any `surreal:"-"`
}

// Table is a table; its Fields, Indexes, Events and Views are read by [ReadTable] alone.
type Table struct {
	Name        string         `surreal:"name"`
	Comment     string         `surreal:"comment"`
	Schemafull  bool           `surreal:"schemafull"`
	Drop        bool           `surreal:"drop"` // what is written to it is not kept
	Kind        TableKind      `surreal:"kind"`
	View        string         `surreal:"view"` // AS SELECT …, of a table that is one
	Changefeed  *Changefeed    `surreal:"changefeed"`
	Permissions Permissions    `surreal:"permissions"`
	Fields      []Field        `surreal:"fields"`
	Indexes     []Index        `surreal:"indexes"`
	Events      []Event        `surreal:"events"`
	Views       []Table        `surreal:"tables"` // that select from it
	Raw         map[string]any `surreal:"-"`
}

// TableKind is NORMAL, ANY or RELATION; of a relation also between what it is.
type TableKind struct {
	Kind     string   `surreal:"kind"`
	In       []string `surreal:"in"`
	Out      []string `surreal:"out"`
	Enforced bool     `surreal:"enforced"`
}

// Changefeed is for how long a table keeps its changes.
type Changefeed struct {
	Expiry   time.Duration `surreal:"expiry"`
	Original bool          `surreal:"original"` // INCLUDE ORIGINAL
}

// Field is a field, or the elements of one (name.*). Type, Default, Value, Assert and Computed
// are SurrealQL, "" where there is none.
type Field struct {
	Name          string         `surreal:"name"`
	Type          string         `surreal:"kind"` // "none | string" for an option<string>
	Default       string         `surreal:"default"`
	DefaultAlways bool           `surreal:"default_always"`
	Value         string         `surreal:"value"`
	Assert        string         `surreal:"assert"`
	Computed      string         `surreal:"computed"`
	Readonly      bool           `surreal:"readonly"`
	Flexible      bool           `surreal:"flexible"`
	Comment       string         `surreal:"comment"`
	Permissions   Permissions    `surreal:"permissions"`
	Raw           map[string]any `surreal:"-"`
}

// Index is an index. Kind is the first word of Definition: "UNIQUE", "FULLTEXT", "SEARCH",
// "HNSW", "COUNT" and so on, "" for a plain one; Definition has its parameters, too.
type Index struct {
	Name       string         `surreal:"name"`
	Columns    []string       `surreal:"cols"`
	Definition string         `surreal:"index"`
	Kind       string         `surreal:"-"`
	Comment    string         `surreal:"comment"`
	Raw        map[string]any `surreal:"-"`
}

// Event is what happens at writes to a table.
type Event struct {
	Name    string         `surreal:"name"`
	When    string         `surreal:"when"`
	Then    []string       `surreal:"then"`
	Comment string         `surreal:"comment"`
	Raw     map[string]any `surreal:"-"`
}

// Function is a function of the database, by its name without fn::.
type Function struct {
	Name       string         `surreal:"name"`
	Args       [][]string     `surreal:"args"` // name and type of each
	Block      string         `surreal:"block"`
	Returns    string         `surreal:"returns"`
	Permission Permission     `surreal:"permissions"`
	Comment    string         `surreal:"comment"`
	Raw        map[string]any `surreal:"-"`
}

// Param is a parameter of the database, by its name without the $. Value is SurrealQL.
type Param struct {
	Name       string         `surreal:"name"`
	Value      string         `surreal:"value"`
	Permission Permission     `surreal:"permissions"`
	Comment    string         `surreal:"comment"`
	Raw        map[string]any `surreal:"-"`
}

// Analyzer is an analyzer of full-text search.
type Analyzer struct {
	Name       string         `surreal:"name"`
	Tokenizers []string       `surreal:"tokenizers"`
	Filters    []string       `surreal:"filters"`
	Comment    string         `surreal:"comment"`
	Raw        map[string]any `surreal:"-"`
}

// Sequence is a sequence.
type Sequence struct {
	Name  string         `surreal:"name"`
	Start string         `surreal:"start"`
	Batch string         `surreal:"batch"`
	Raw   map[string]any `surreal:"-"`
}

// Access is a way of signing in. Its Raw has no keys: the server leaves them out.
type Access struct {
	Name     string         `surreal:"name"`
	Kind     AccessKind     `surreal:"kind"`
	Duration Durations      `surreal:"duration"`
	Comment  string         `surreal:"comment"`
	Raw      map[string]any `surreal:"-"`
}

// AccessKind is RECORD, JWT or BEARER. Signin and Signup are SurrealQL.
type AccessKind struct {
	Kind   string `surreal:"kind"`
	Signin string `surreal:"signin"`
	Signup string `surreal:"signup"`
}

// Durations are for how long what a user or an access gives is good; nil is without end.
type Durations struct {
	Session *time.Duration `surreal:"session"`
	Token   *time.Duration `surreal:"token"`
}

// User is a user of the system. Nothing of its password is in Raw.
type User struct {
	Name     string         `surreal:"name"`
	Roles    []string       `surreal:"roles"`
	Duration Durations      `surreal:"duration"`
	Comment  string         `surreal:"comment"`
	Raw      map[string]any `surreal:"-"`
}

// Building is how far an index is built.
type Building struct {
	Status  string         `surreal:"status"` // "ready", "indexing", "error" and so on
	Initial int            `surreal:"initial"`
	Pending int            `surreal:"pending"`
	Updated int            `surreal:"updated"`
	Error   string         `surreal:"error"`
	Raw     map[string]any `surreal:"-"`
}

// ReadRoot reads INFO FOR ROOT.
func ReadRoot(ctx context.Context, q surrealsql.Querier) (root Root, err error) {
	err = read(ctx, q, "RETURN (INFO FOR ROOT STRUCTURE)", &root)
	return root, err
}

// ReadNamespace reads INFO FOR NAMESPACE of the one that is used.
func ReadNamespace(ctx context.Context, q surrealsql.Querier) (ns Namespace, err error) {
	err = read(ctx, q, "RETURN object::extend((INFO FOR NS STRUCTURE), { name: session::ns() })", &ns)
	return ns, err
}

// ReadDatabase reads INFO FOR DATABASE of the one that is used.
func ReadDatabase(ctx context.Context, q surrealsql.Querier) (db Database, err error) {
	err = read(ctx, q, "RETURN object::extend((INFO FOR DB STRUCTURE), { name: session::db() })", &db)
	return db, err
}

// ReadTable reads INFO FOR TABLE, with the table's own definition. The error of a table that is
// not there is [surrealsql.ErrNotFound].
func ReadTable(ctx context.Context, q surrealsql.Querier, name string) (table Table, err error) {
	ident := string(literal.AppendQuotedName(nil, name))
	text := fmt.Sprintf(`LET $table = (INFO FOR DB STRUCTURE).tables[WHERE name = $1][0];
		RETURN IF $table { object::extend($table, (INFO FOR TABLE %s STRUCTURE)) }`, ident)
	err = read(ctx, q, text, &table, name)
	if err == nil && table.Name == "" {
		err = fmt.Errorf("schema: table %q: %w", name, surrealsql.ErrNotFound)
	}
	return table, err
}

// ReadIndex reads INFO FOR INDEX: how far an index is built that was defined with CONCURRENTLY.
func ReadIndex(ctx context.Context, q surrealsql.Querier, table, name string) (b Building, err error) {
	text := fmt.Sprintf("RETURN (INFO FOR INDEX %s ON %s).building", literal.AppendQuotedName(nil, name), literal.AppendQuotedName(nil, table))
	err = read(ctx, q, text, &b)
	return b, err
}
