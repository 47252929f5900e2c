package surrealgorm

// The migrator's renaming of a field, which SurrealDB has no statement for.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
	defined "github.com/surrealsql/surrealsql/schema"
)

// RenameColumn defines a field under another name, moves the values, and removes the old one. Indexes
// of the field are built again; where the renaming fails, under the old name. The new one may be
// absent, whatever the old one might.
func (m Migrator) RenameColumn(value any, oldName, newName string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t, err := m.table(stmt.Table)
		if err != nil {
			return err
		}
		oldName, newName = columnName(stmt, oldName), columnName(stmt, newName)
		for _, f := range t.Fields {
			if unquote(f.Name) == oldName {
				return m.rename(t, f, newName)
			}
		}
		return fmt.Errorf("surrealgorm: %s has no field %s: %w", stmt.Table, oldName, surrealsql.ErrNotFound)
	})
}

func (m Migrator) rename(t defined.Table, f defined.Field, newName string) error {
	if what := beyondRename(f); what != "" {
		return refuse("renaming a field that has "+what, "define the new field, copy the values, remove the old one")
	}
	table, from, to := quoteName(t.Name), quoteName(unquote(f.Name)), quoteName(newName)
	var before, after []string
	for _, index := range t.Indexes {
		at := slices.IndexFunc(index.Columns, func(c string) bool { return unquote(c) == unquote(f.Name) })
		if at < 0 {
			continue
		}
		columns := slices.Clone(index.Columns)
		before = append(before, indexAgain(table, index, columns))
		columns[at] = to
		after = append(after, indexAgain(table, index, columns))
		// 4.0 lets no field go whose values an index reads.
		if err := m.exec("REMOVE INDEX ", quoteName(index.Name), " ON ", table); err != nil {
			return errors.Join(err, m.defineAll(before[:len(before)-1]))
		}
	}
	kind := f.Type
	if kind != "any" && !strings.HasPrefix(kind, "none | ") {
		kind = "none | " + kind
	}
	kind += choose(f.Flexible, " FLEXIBLE", "") + choose(f.Default != "", " DEFAULT "+f.Default, "") +
		choose(f.Comment != "", " COMMENT "+quoteString(f.Comment), "")
	err := m.exec("BEGIN; DEFINE FIELD ", to, " ON ", table, " TYPE ", kind, "; UPDATE ", table, " SET ", to, " = ", from,
		" RETURN NONE; REMOVE FIELD ", from, " ON ", table, "; UPDATE ", table, " UNSET ", from,
		" RETURN NONE; COMMIT")
	if err != nil {
		return errors.Join(err, m.defineAll(before))
	}
	return m.defineAll(after)
}

// beyondRename is what a field has that its definition under another name would lose: who may not read
// it now might then.
func beyondRename(f defined.Field) string {
	p := f.Permissions
	switch {
	case f.Assert != "" || f.Value != "" || f.Computed != "":
		return "an ASSERT or a VALUE"
	case f.Readonly, f.DefaultAlways, f.Raw["reference"] != nil:
		return "a READONLY, a DEFAULT ALWAYS or a REFERENCE"
	case p.Select != "FULL" || p.Create != "FULL" || p.Update != "FULL":
		return "PERMISSIONS"
	}
	return ""
}

// indexAgain defines an index that was removed.
func indexAgain(table string, index defined.Index, columns []string) string {
	return "DEFINE INDEX " + quoteName(index.Name) + " ON " + table + " FIELDS " +
		strings.Join(columns, ", ") + " " + index.Definition +
		choose(index.Comment != "", " COMMENT "+quoteString(index.Comment), "")
}

// defineAll runs all definitions. Its error says which index is missing now.
func (m Migrator) defineAll(indexes []string) error {
	var missing []error
	for _, index := range indexes {
		if err := m.exec(index); err != nil {
			missing = append(missing, fmt.Errorf("surrealgorm: an index is missing now: %w; it is: %s", err, index))
		}
	}
	return errors.Join(missing...)
}
