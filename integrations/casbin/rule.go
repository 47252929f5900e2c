package surrealcasbin

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql"
)

// rule is a record.
type rule struct {
	ID    surrealsql.RecordID `json:"id,omitzero"`
	PType string              `json:"ptype"`
	Rule  []string            `json:"rule"`
	// Rules are ordered by when they were added and, of those that were at once, by their place.
	Added time.Time `json:"added"`
	Place int       `json:"place"`
}

// id is that of a rule's record: the rule itself.
func (a *Adapter) id(ptype string, values []string) (surrealsql.RecordID, error) {
	return surrealsql.NewRecordID(string(a.table), append([]string{ptype}, values...))
}

func (a *Adapter) ids(ptype string, rules [][]string) ([]surrealsql.RecordID, error) {
	ids := make([]surrealsql.RecordID, len(rules))
	for i, values := range rules {
		var err error
		if ids[i], err = a.id(ptype, values); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// atOnce is how many rules one statement adds: up to 3.3 the time for it grows faster than
// they do.
const atOnce = 500

// once and again are what becomes of rules that are there already. once leaves them in their places.
// again puts them into new ones, as is done with those that the same transaction has deleted: 3.0.2
// takes them to be there still, and ignores them.
const (
	once  = `INSERT IGNORE INTO $table $1 RETURN NONE`
	again = `INSERT INTO $table $1 ON DUPLICATE KEY UPDATE
		ptype = $input.ptype, rule = $input.rule, added = $input.added, place = $input.place RETURN NONE`
)

func (a *Adapter) add(ctx context.Context, q querier, insert, ptype string, rules [][]string) error {
	added := time.Now()
	records := make([]rule, len(rules))
	for i, values := range rules {
		id, err := a.id(ptype, values)
		if err != nil {
			return err
		}
		records[i] = rule{ID: id, PType: ptype, Rule: values, Added: added, Place: i}
	}
	return a.insert(ctx, q, insert, records)
}

func (a *Adapter) insert(ctx context.Context, q querier, insert string, records []rule) error {
	for some := range slices.Chunk(records, atOnce) {
		if _, err := q.ExecContext(ctx, insert, some, sql.Named("table", a.table)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) remove(ctx context.Context, q querier, ptype string, rules [][]string) error {
	ids, err := a.ids(ptype, rules)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `DELETE $1 RETURN NONE`, ids)
	return err
}

// replace puts rules in the places of others. All of these go before one comes, since a new rule may
// be an old one of the same call: of a swap, one by one, one rule would remain.
func (a *Adapter) replace(ctx context.Context, q querier, ptype string, from, to [][]string) error {
	oldIDs, err := a.ids(ptype, from)
	if err != nil {
		return err
	}
	newIDs, err := a.ids(ptype, to)
	if err != nil {
		return err
	}
	found, err := surrealsql.All[rule](ctx, q, `DELETE $1 RETURN BEFORE`, oldIDs)
	if err != nil {
		return err
	}
	was := make(map[surrealsql.RecordID]rule, len(found))
	for _, r := range found {
		was[r.ID] = r
	}
	now := time.Now()
	records := make([]rule, len(to))
	for i, values := range to {
		records[i] = rule{ID: newIDs[i], PType: ptype, Rule: values, Added: now, Place: i}
		if old, ok := was[oldIDs[i]]; ok {
			records[i].Added, records[i].Place = old.Added, old.Place
		}
	}
	return a.insert(ctx, q, again, records)
}

// having is the condition of rules that have these values from a place on; "" is any value.
// Its parameters begin with prefix.
func having(prefix, ptype string, place int, values []string) (where string, args []any) {
	arg := func(name, value string) string {
		args = append(args, sql.Named(prefix+name, value))
		return "$" + prefix + name
	}
	where = "(ptype = " + arg("ptype", ptype)
	for i, value := range values {
		if value != "" {
			where += fmt.Sprintf(" AND rule[%d] = %s", place+i, arg(fmt.Sprint("v", i), value))
		}
	}
	return where + ")", args
}
