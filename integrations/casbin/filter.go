package surrealcasbin

import (
	"context"
	"fmt"
	"strings"

	"github.com/casbin/casbin/v3/model"
)

// Filter says which rules LoadFilteredPolicy loads: for each type of rule, the values that it
// has, where "" is any. Types that are not named are not loaded.
//
//	surrealcasbin.Filter{"p": {"", "shop"}, "g": {"", "", "shop"}}
type Filter map[string][]string

// LoadFilteredPolicyCtx loads the rules of a [Filter] beside those that the model has.
func (a *Adapter) LoadFilteredPolicyCtx(ctx context.Context, m model.Model, filter any) error {
	f, ok := filter.(Filter)
	if !ok {
		return fmt.Errorf("surrealcasbin: the filter is a %T, expected a surrealcasbin.Filter", filter)
	}
	var conditions []string
	var args []any
	for ptype, values := range f {
		where, some := having(fmt.Sprintf("t%d_", len(conditions)), ptype, 0, values)
		conditions = append(conditions, where)
		args = append(args, some...)
	}
	if len(conditions) == 0 {
		conditions = []string{"false"}
	}
	if err := a.load(ctx, m, "WHERE "+strings.Join(conditions, " OR "), args...); err != nil {
		return err
	}
	a.filtered.Store(true)
	return nil
}

// IsFilteredCtx tells whether fewer than all rules may be loaded, so that they are not to be
// saved.
func (a *Adapter) IsFilteredCtx(context.Context) bool { return a.filtered.Load() }
