package surrealcasbin_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	surrealcasbin "github.com/surrealsql/surrealsql/integrations/casbin"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rbac is casbin's model of roles in domains.
const rbac = `
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act
`

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func newAdapter(t *testing.T, db *sql.DB, o *surrealcasbin.Options) *surrealcasbin.Adapter {
	t.Helper()
	a := surrealcasbin.New(db, o)
	require.NoError(t, a.Define(t.Context()))
	return a
}

func newModel(t *testing.T) model.Model {
	t.Helper()
	m, err := model.NewModelFromString(rbac)
	require.NoError(t, err)
	return m
}

func enforcer(t *testing.T, a *surrealcasbin.Adapter) *casbin.Enforcer {
	t.Helper()
	e, err := casbin.NewEnforcer(newModel(t), a)
	require.NoError(t, err)
	return e
}

// stored are the rules of a type that another program would load.
func stored(t *testing.T, db *sql.DB, ptype string) [][]string {
	t.Helper()
	m := newModel(t)
	require.NoError(t, surrealcasbin.New(db, nil).LoadPolicy(m))
	return m[ptype][ptype].Policy
}

// yes asserts what calls of casbin say: whether something was done.
func yes(t *testing.T) func(bool, error) {
	return func(done bool, err error) {
		t.Helper()
		require.NoError(t, err)
		require.True(t, done)
	}
}

var (
	adaReads  = []string{"ada", "shop", "data", "read"}
	kimReads  = []string{"kim", "shop", "data", "read"}
	leeWrites = []string{"lee", "bank", "data", "write"}
	odd       = []string{"`⟩'\"\\", "shop", "", "ünï"}
)

func TestAdapterLoadsWhatWasAddedInItsOrder(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := enforcer(t, newAdapter(t, db, nil))
	yes(t)(e.AddPolicy(leeWrites))
	yes(t)(e.AddPolicies([][]string{kimReads, adaReads}))
	yes(t)(e.AddPolicy(odd))
	yes(t)(e.AddGroupingPolicy("max", "kim", "shop"))
	require.Equal(t, [][]string{leeWrites, kimReads, adaReads, odd}, stored(t, db, "p"))
	require.Equal(t, [][]string{{"max", "kim", "shop"}}, stored(t, db, "g"))

	again := enforcer(t, surrealcasbin.New(db, nil))
	yes(t)(again.Enforce("max", "shop", "data", "read"))
	allowed, err := again.Enforce("max", "bank", "data", "read")
	require.NoError(t, err)
	require.False(t, allowed)
}

func TestAdapterAddsARuleOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := newAdapter(t, db, nil)
	require.NoError(t, a.AddPolicy("p", "p", adaReads))
	require.NoError(t, a.AddPolicy("p", "p", adaReads))
	require.NoError(t, a.AddPolicies("p", "p", [][]string{kimReads, adaReads, kimReads}))
	require.Equal(t, [][]string{adaReads, kimReads}, stored(t, db, "p"))
}

func TestAdapterRemovesRules(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := enforcer(t, newAdapter(t, db, nil))
	yes(t)(e.AddPolicies([][]string{adaReads, kimReads, leeWrites, odd}))
	yes(t)(e.RemovePolicy(odd))
	require.Equal(t, [][]string{adaReads, kimReads, leeWrites}, stored(t, db, "p"))
	yes(t)(e.RemoveFilteredPolicy(1, "shop", "", "read"))
	require.Equal(t, [][]string{leeWrites}, stored(t, db, "p"))
	yes(t)(e.RemovePolicies([][]string{leeWrites}))
	require.Empty(t, stored(t, db, "p"))
}

func TestAdapterUpdatesRulesInTheirPlaces(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := enforcer(t, newAdapter(t, db, nil))
	yes(t)(e.AddPolicies([][]string{adaReads, kimReads, leeWrites}))
	adaWrites := []string{"ada", "shop", "data", "write"}
	yes(t)(e.UpdatePolicy(adaReads, adaWrites))
	require.Equal(t, [][]string{adaWrites, kimReads, leeWrites}, stored(t, db, "p"))
	yes(t)(e.UpdatePolicies([][]string{adaWrites, kimReads}, [][]string{odd, adaReads}))
	require.Equal(t, [][]string{odd, adaReads, leeWrites}, stored(t, db, "p"))
	yes(t)(e.UpdateFilteredPolicies([][]string{kimReads}, 1, "shop"))
	require.Equal(t, [][]string{leeWrites, kimReads}, stored(t, db, "p"))
	require.Error(t, newAdapter(t, db, nil).UpdatePolicies("p", "p", [][]string{adaReads}, nil))
}

// Of a call that puts rules in the places of each other none is lost.
func TestAdapterSwapsRules(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := newAdapter(t, db, nil)
	require.NoError(t, a.AddPolicies("p", "p", [][]string{odd, kimReads, leeWrites}))
	require.NoError(t, a.UpdatePolicies("p", "p", [][]string{odd, kimReads}, [][]string{kimReads, odd}))
	require.Equal(t, [][]string{kimReads, odd, leeWrites}, stored(t, db, "p"))
	require.NoError(t, a.UpdatePolicies("p", "p", [][]string{kimReads, odd}, [][]string{odd, adaReads})) // one moves on
	require.Equal(t, [][]string{odd, adaReads, leeWrites}, stored(t, db, "p"))
	require.NoError(t, a.UpdatePolicy("p", "p", odd, odd))
	require.NoError(t, a.UpdatePolicies("p", "p", nil, nil))
	require.Equal(t, [][]string{odd, adaReads, leeWrites}, stored(t, db, "p"))
	_, err := a.UpdateFilteredPolicies("p", "p", [][]string{adaReads, kimReads, adaReads}, 1, "bank") // ada's twice
	require.NoError(t, err)
	require.ElementsMatch(t, [][]string{odd, adaReads, kimReads}, stored(t, db, "p"))
}

func TestAdapterSavesWhatIsStoredAlready(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := enforcer(t, newAdapter(t, db, nil))
	yes(t)(e.AddPolicies([][]string{odd, kimReads, leeWrites}))
	yes(t)(e.AddGroupingPolicy("max", "kim", "shop"))
	require.NoError(t, e.SavePolicy())
	require.NoError(t, e.SavePolicy())
	require.Equal(t, [][]string{odd, kimReads, leeWrites}, stored(t, db, "p"))
	require.Len(t, stored(t, db, "g"), 1)
	yes(t)(e.UpdateFilteredPolicies([][]string{kimReads, adaReads}, 1, "shop")) // one that goes comes again
	require.Equal(t, [][]string{leeWrites, kimReads, adaReads}, stored(t, db, "p"))
}

func TestAdapterSavesAModelAsAllThereIs(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := newAdapter(t, db, nil)
	require.NoError(t, a.AddPolicy("p", "p", leeWrites))
	e := enforcer(t, a)
	e.EnableAutoSave(false)
	e.ClearPolicy()
	var rules [][]string
	for i := range 1200 { // more than one statement adds
		rules = append(rules, []string{fmt.Sprint("u", i), "shop", "data", "read"})
	}
	yes(t)(e.AddPolicies(rules))
	yes(t)(e.AddGroupingPolicy("max", "u1", "shop"))
	require.Equal(t, [][]string{leeWrites}, stored(t, db, "p"))
	require.NoError(t, e.SavePolicy())
	require.Equal(t, rules, stored(t, db, "p"))
	require.Len(t, stored(t, db, "g"), 1)
}

func TestAdapterLoadsWhatAFilterFinds(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := newAdapter(t, db, nil)
	require.NoError(t, a.AddPolicies("p", "p", [][]string{adaReads, kimReads, leeWrites}))
	require.NoError(t, a.AddPolicies("g", "g", [][]string{{"max", "kim", "shop"}, {"max", "lee", "bank"}}))

	e := enforcer(t, surrealcasbin.New(db, &surrealcasbin.Options{Filtered: true}))
	require.Empty(t, e.GetModel()["p"]["p"].Policy)
	require.ErrorContains(t, e.SavePolicy(), "filtered")
	require.NoError(t, e.LoadFilteredPolicy(surrealcasbin.Filter{"p": {"", "shop"}, "g": {"", "", "shop"}}))
	require.Equal(t, [][]string{adaReads, kimReads}, e.GetModel()["p"]["p"].Policy)
	require.Equal(t, [][]string{{"max", "kim", "shop"}}, e.GetModel()["g"]["g"].Policy)
	require.True(t, e.IsFiltered())
	require.NoError(t, e.LoadFilteredPolicy(surrealcasbin.Filter{}))
	require.Empty(t, e.GetModel()["p"]["p"].Policy)
	require.ErrorContains(t, e.LoadFilteredPolicy([]string{"p"}), "expected a surrealcasbin.Filter")

	require.NoError(t, e.LoadPolicy())
	require.Len(t, e.GetModel()["p"]["p"].Policy, 3)
	require.False(t, e.IsFiltered())
}

func TestAdapterTakesPartInTransactions(t *testing.T) {
	t.Parallel()
	db := open(t)
	e, err := casbin.NewTransactionalEnforcer(newModel(t), newAdapter(t, db, nil))
	require.NoError(t, err)
	failed := fmt.Errorf("no")
	require.ErrorIs(t, e.WithTransaction(t.Context(), func(tx *casbin.Transaction) error {
		_, err := tx.AddPolicy("ada", "shop", "data", "read")
		require.NoError(t, err)
		return failed
	}), failed)
	require.Empty(t, stored(t, db, "p"))
	require.NoError(t, e.WithTransaction(t.Context(), func(tx *casbin.Transaction) error {
		if _, err := tx.AddPolicies([][]string{adaReads, kimReads}); err != nil {
			return err
		}
		_, err := tx.RemovePolicy("kim", "shop", "data", "read")
		return err
	}))
	require.Equal(t, [][]string{adaReads}, stored(t, db, "p"))
}

func TestAdapterTakesChangesAtOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := newAdapter(t, db, &surrealcasbin.Options{Retry: surrealsql.Retry{Attempts: -1}})
	var all sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 8 {
		all.Go(func() {
			errs <- a.AddPolicies("p", "p", [][]string{adaReads, {fmt.Sprint("u", i), "shop", "data", "read"}})
			errs <- a.UpdatePolicy("p", "p", []string{fmt.Sprint("u", i), "shop", "data", "read"}, []string{fmt.Sprint("v", i), "shop", "data", "read"})
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	if surrealtest.Version(t) != "3.0.2" { // which may lose a write that it has confirmed
		require.Len(t, stored(t, db, "p"), 9)
	}
}

// newEnforcer is what README.md shows.
func newEnforcer(ctx context.Context, db *sql.DB, m model.Model) (*casbin.ContextEnforcer, error) {
	adapter := surrealcasbin.New(db, nil)
	if err := adapter.Define(ctx); err != nil {
		return nil, err
	}
	e, err := casbin.NewContextEnforcer(m, adapter)
	if err != nil {
		return nil, err
	}
	enforcer := e.(*casbin.ContextEnforcer)
	if _, err := enforcer.AddPolicyCtx(ctx, "ada", "shop", "data", "read"); err != nil {
		return nil, err
	}
	return enforcer, nil
}

func TestAdapterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e, err := newEnforcer(t.Context(), open(t), newModel(t))
	require.NoError(t, err)
	yes(t)(e.Enforce("ada", "shop", "data", "read"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = e.AddPolicyCtx(ctx, "kim", "shop", "data", "read")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, e.LoadPolicyCtx(ctx), context.Canceled)
	require.ErrorIs(t, e.LoadFilteredPolicyCtx(ctx, surrealcasbin.Filter{"p": nil}), context.Canceled)
}
