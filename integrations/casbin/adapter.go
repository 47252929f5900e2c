// Package surrealcasbin keeps the policies of github.com/casbin/casbin/v3 in SurrealDB:
//
//	adapter := surrealcasbin.New(db, nil)
//	if err := adapter.Define(ctx); err != nil {
//		return err
//	}
//	enforcer, err := casbin.NewEnforcer("model.conf", adapter)
//
// It has all of casbin's interfaces for adapters: those for batches, filters, updates and
// transactions, each also with a context. A rule is a record whose id is the rule itself, so
// that none is there twice; they are loaded in the order in which they were added.
package surrealcasbin

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"sync/atomic"

	"github.com/casbin/casbin/v3/model"
	"github.com/casbin/casbin/v3/persist"

	"github.com/surrealsql/surrealsql"
)

// Options say how policies are kept. nil and the zero value are all defaults.
type Options struct {
	// Table is the table of the rules. "" is "casbin".
	Table string
	// Filtered keeps a new enforcer from loading all rules: it has none until
	// LoadFilteredPolicy or LoadPolicy.
	Filtered bool
	// Retry is how often a change is tried that lost against another one at the same time.
	Retry surrealsql.Retry
}

// Adapter keeps policies. Its methods may be called at the same time, as far as casbin's models
// that they are given allow it.
type Adapter struct {
	db       *sql.DB
	tx       *sql.Tx // of BeginTransaction, or nil
	table    surrealsql.Table
	retry    surrealsql.Retry
	filtered *atomic.Bool
}

// New returns an adapter in the database of db, which stays the caller's to close.
func New(db *sql.DB, o *Options) *Adapter {
	if o == nil {
		o = &Options{}
	}
	a := &Adapter{
		db:       db,
		table:    surrealsql.Table(cmp.Or(o.Table, "casbin")),
		retry:    o.Retry,
		filtered: new(atomic.Bool),
	}
	a.filtered.Store(o.Filtered)
	return a
}

// Define makes the table of the rules where it is missing, with its fields; record users may
// not read it. What is there stays as it is. It needs a user who may define tables: where the
// program's may not, [Adapter.Definition] belongs in a migration.
func (a *Adapter) Define(ctx context.Context) error {
	return a.retry.Do(ctx, func(ctx context.Context) error {
		_, err := a.db.ExecContext(ctx, a.Definition())
		return err
	})
}

// Definition is the SurrealQL that Define runs.
func (a *Adapter) Definition() string {
	table := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(string(a.table)) + "`"
	return strings.ReplaceAll(`BEGIN;
DEFINE TABLE IF NOT EXISTS {table} SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD IF NOT EXISTS ptype ON {table} TYPE string;
DEFINE FIELD IF NOT EXISTS rule ON {table} TYPE array<string>;
DEFINE FIELD IF NOT EXISTS added ON {table} TYPE datetime;
DEFINE FIELD IF NOT EXISTS place ON {table} TYPE int;
COMMIT;
`, "{table}", table)
}

// querier is what a *sql.DB and a *sql.Tx have in common.
type querier interface {
	surrealsql.Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// change runs f in the transaction that the adapter belongs to, or else in one of its own:
// again, if that lost against another one.
func (a *Adapter) change(ctx context.Context, f func(ctx context.Context, q querier) error) error {
	if a.tx != nil {
		return f(ctx, a.tx)
	}
	return a.retry.RunTx(ctx, a.db, nil, func(ctx context.Context, tx *sql.Tx) error { return f(ctx, tx) })
}

// LoadPolicyCtx loads all rules.
func (a *Adapter) LoadPolicyCtx(ctx context.Context, m model.Model) error {
	if err := a.load(ctx, m, ""); err != nil {
		return err
	}
	a.filtered.Store(false)
	return nil
}

// load loads the rules that a condition finds.
func (a *Adapter) load(ctx context.Context, m model.Model, where string, args ...any) error {
	var q querier = a.db
	if a.tx != nil {
		q = a.tx
	}
	found, err := surrealsql.All[rule](ctx, q, `SELECT ptype, rule, added, place FROM $table `+where+` ORDER BY added, place`,
		append(args, sql.Named("table", a.table))...)
	if err != nil {
		return err
	}
	for _, r := range found {
		if err := persist.LoadPolicyArray(append([]string{r.PType}, r.Rule...), m); err != nil {
			return err
		}
	}
	return nil
}

// SavePolicyCtx makes the rules of a model all that there are, or leaves all as it was.
func (a *Adapter) SavePolicyCtx(ctx context.Context, m model.Model) error {
	return a.change(ctx, func(ctx context.Context, q querier) error {
		if _, err := q.ExecContext(ctx, `DELETE $1 RETURN NONE`, a.table); err != nil {
			return err
		}
		for _, section := range []string{"p", "g"} {
			for ptype, assertion := range m[section] {
				if err := a.add(ctx, q, again, ptype, assertion.Policy); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// AddPolicyCtx adds a rule, if it is not there.
func (a *Adapter) AddPolicyCtx(ctx context.Context, sec, ptype string, rule []string) error {
	return a.AddPoliciesCtx(ctx, sec, ptype, [][]string{rule})
}

// AddPoliciesCtx adds those rules that are not there, all or none.
func (a *Adapter) AddPoliciesCtx(ctx context.Context, _, ptype string, rules [][]string) error {
	return a.change(ctx, func(ctx context.Context, q querier) error { return a.add(ctx, q, once, ptype, rules) })
}

// RemovePolicyCtx removes a rule, if it is there.
func (a *Adapter) RemovePolicyCtx(ctx context.Context, sec, ptype string, rule []string) error {
	return a.RemovePoliciesCtx(ctx, sec, ptype, [][]string{rule})
}

// RemovePoliciesCtx removes those rules that are there, all or none.
func (a *Adapter) RemovePoliciesCtx(ctx context.Context, _, ptype string, rules [][]string) error {
	return a.change(ctx, func(ctx context.Context, q querier) error { return a.remove(ctx, q, ptype, rules) })
}

// RemoveFilteredPolicyCtx removes the rules that have these values from a place on; "" is any
// value.
func (a *Adapter) RemoveFilteredPolicyCtx(ctx context.Context, _, ptype string, fieldIndex int, fieldValues ...string) error {
	return a.change(ctx, func(ctx context.Context, q querier) error {
		where, args := having("", ptype, fieldIndex, fieldValues)
		_, err := q.ExecContext(ctx, `DELETE $table WHERE `+where+` RETURN NONE`, append(args, sql.Named("table", a.table))...)
		return err
	})
}
