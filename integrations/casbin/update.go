package surrealcasbin

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/casbin/casbin/v3/persist"

	"github.com/surrealsql/surrealsql"
)

// UpdatePolicyCtx puts a rule in the place of another one.
func (a *Adapter) UpdatePolicyCtx(ctx context.Context, sec, ptype string, oldRule, newRule []string) error {
	return a.UpdatePoliciesCtx(ctx, sec, ptype, [][]string{oldRule}, [][]string{newRule})
}

// UpdatePoliciesCtx puts rules in the places of as many others, all or none.
func (a *Adapter) UpdatePoliciesCtx(ctx context.Context, _, ptype string, oldRules, newRules [][]string) error {
	if len(oldRules) != len(newRules) {
		return fmt.Errorf("surrealcasbin: %d rules are to be in the places of %d", len(newRules), len(oldRules))
	}
	return a.change(ctx, func(ctx context.Context, q querier) error { return a.replace(ctx, q, ptype, oldRules, newRules) })
}

// UpdateFilteredPoliciesCtx removes the rules that have these values from a place on, adds
// others, and returns those that were removed.
func (a *Adapter) UpdateFilteredPoliciesCtx(ctx context.Context, _, ptype string, newRules [][]string, fieldIndex int, fieldValues ...string) (removed [][]string, err error) {
	err = a.change(ctx, func(ctx context.Context, q querier) error {
		removed = nil // of an attempt before
		where, args := having("", ptype, fieldIndex, fieldValues)
		found, err := surrealsql.All[rule](ctx, q, `DELETE $table WHERE `+where+` RETURN BEFORE`, append(args, sql.Named("table", a.table))...)
		if err != nil {
			return err
		}
		for _, r := range found {
			removed = append(removed, r.Rule)
		}
		return a.add(ctx, q, again, ptype, newRules)
	})
	return removed, err
}

// BeginTransaction begins a transaction for casbin.NewTransactionalEnforcer. If Commit fails
// with an error that is surrealsql.IsConflict, nothing was written, and all is to be done again.
func (a *Adapter) BeginTransaction(ctx context.Context) (persist.TransactionContext, error) {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	inside := *a
	inside.tx = tx
	return transaction{tx, &inside}, nil
}

// transaction is one of casbin's.
type transaction struct {
	*sql.Tx
	adapter *Adapter
}

// GetAdapter returns an adapter that writes within the transaction.
func (t transaction) GetAdapter() persist.Adapter { return t.adapter }
