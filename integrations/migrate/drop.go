package surrealmigrate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/schema"
)

// What Drop drops.

// kinds are what a database has, by the names of INFO FOR DB, and how each is removed. Users are not
// among them: they say who may migrate.
var kinds = []struct {
	info   string
	remove func(name string) string
}{
	{"accesses", func(name string) string { return "ACCESS " + quoted(name) + " ON DATABASE" }},
	{"apis", func(name string) string {
		return "API '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
	}},
	{"functions", func(name string) string { return "FUNCTION fn::" + quotedPath(name) }},
	{"params", func(name string) string { return "PARAM $" + quoted(name) }},
	{"sequences", func(name string) string { return "SEQUENCE " + quoted(name) }},
	{"buckets", func(name string) string { return "BUCKET " + quoted(name) }},
	{"analyzers", func(name string) string { return "ANALYZER " + quoted(name) }},
}

// Drop removes what is defined in the database, with all records: tables, with their fields, indexes
// and events, functions, params, analyzers, sequences, accesses, APIs, buckets and configs. It does so in one
// transaction. It leaves the database itself, its users, and all other databases as they are, and
// the table of the lock where that is held: others may wait for it, or have it next.
func (d *Driver) Drop() error {
	ctx := context.Background()
	var info map[string]any
	if err := d.db.QueryRowContext(ctx, `RETURN { info: (INFO FOR DB) }`).Scan(surrealsql.Into(&info)); err != nil {
		return err
	}
	tables, err := d.tables(ctx, names(info["tables"]))
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, name := range tables {
		if name == DefaultLockTable && d.locked.Load() {
			continue
		}
		text.WriteString("REMOVE TABLE " + quoted(name) + ";\n")
	}
	for _, kind := range kinds {
		for _, name := range names(info[kind.info]) {
			text.WriteString("REMOVE " + kind.remove(name) + ";\n")
		}
	}
	if err := d.inTx(text.String()); err != nil {
		return err
	}
	for _, name := range names(info["configs"]) {
		// 3.0 can define them, and does not know how to remove them.
		if _, err := d.db.ExecContext(ctx, `REMOVE CONFIG `+name); err != nil && !surrealsql.IsParse(err) {
			return err
		}
	}
	return nil
}

// tables are all of the names such that views come before what they are views of: the server removes
// no table that has one.
func (d *Driver) tables(ctx context.Context, all []string) (ordered []string, err error) {
	var add func(name string) error
	add = func(name string) error {
		i := slices.Index(all, name)
		if i < 0 {
			return nil
		}
		all = slices.Delete(all, i, i+1)
		table, err := schema.ReadTable(ctx, d.db, name)
		if err != nil {
			return err
		}
		for _, view := range table.Views {
			if err := add(view.Name); err != nil {
				return err
			}
		}
		ordered = append(ordered, name)
		return nil
	}
	for len(all) > 0 {
		if err := add(all[0]); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

// names are the keys of an object of INFO, in order; none where a server has no such thing.
func names(object any) []string {
	m, _ := object.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// quotedPath is the name of a function, which has parts.
func quotedPath(name string) string {
	parts := strings.Split(name, "::")
	for i := range parts {
		parts[i] = quoted(parts[i])
	}
	return strings.Join(parts, "::")
}
