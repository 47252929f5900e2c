package surrealgorm

// Transactions, hooks, prepared statements and contexts.

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
)

func TestTransactionsCommitAndRollBack(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	boom := errors.New("boom")
	require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&Company{Name: "gone"}).Error)
		var n int64
		require.NoError(t, tx.Model(&Company{}).Count(&n).Error)
		require.EqualValues(t, 1, n)
		return boom
	}), boom)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.Create(&Company{Name: "kept"}).Error }))
	var names []string
	require.NoError(t, db.Model(&Company{}).Pluck("name", &names).Error)
	require.Equal(t, []string{"kept"}, names)
}

func TestTransactionsWithinTransactionsAreRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	nested := func(db *gorm.DB) error {
		return db.Transaction(func(tx *gorm.DB) error {
			return tx.Transaction(func(tx *gorm.DB) error { return tx.Create(&Company{Name: "a"}).Error })
		})
	}
	require.ErrorIs(t, nested(db), gorm.ErrNotImplemented)
	require.ErrorIs(t, db.First(&Company{}).Error, gorm.ErrRecordNotFound)

	err := db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&Company{Name: "outer"}).Error)
		require.ErrorIs(t, tx.Transaction(func(*gorm.DB) error { return nil }), gorm.ErrNotImplemented)
		return nil // as if the refusal did not matter
	})
	require.ErrorContains(t, err, "savepoints")
	require.ErrorIs(t, db.First(&Company{}).Error, gorm.ErrRecordNotFound, "an error, so nothing is in force")

	require.NoError(t, nested(db.Session(&gorm.Session{DisableNestedTransaction: true})))
	require.NoError(t, db.First(&Company{}).Error)
}

func TestTransactionsThatConflictSaySo(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create(&Company{ID: 101, Name: "a"}).Error)
	tx := db.Begin()
	require.NoError(t, tx.Model(&Company{ID: 101}).Update("name", "b").Error)
	require.NoError(t, db.Model(&Company{ID: 101}).Update("name", "c").Error)
	err := tx.Model(&Company{ID: 101}).Update("name", "d").Error
	if err == nil {
		err = tx.Commit().Error
	} else {
		tx.Rollback()
	}
	require.True(t, surrealsql.IsConflict(err), "%v", err)
}

type hooked struct {
	ID    uint
	Name  string
	Calls []string `gorm:"-"`
}

func (h *hooked) BeforeCreate(*gorm.DB) error {
	h.Calls = append(h.Calls, "before")
	if h.Name == "" {
		return errors.New("a name is missing")
	}
	return nil
}
func (h *hooked) AfterCreate(tx *gorm.DB) error {
	h.Calls = append(h.Calls, "after")
	if h.Name == "undo" {
		return errors.New("undone")
	}
	return tx.Model(h).Update("name", h.Name+"!").Error
}
func (h *hooked) AfterFind(*gorm.DB) error { h.Calls = append(h.Calls, "found"); return nil }

func TestHooksRunInTheTransaction(t *testing.T) {
	t.Parallel()
	db := newDB(t, &hooked{})
	h := hooked{Name: "a"}
	require.NoError(t, db.Create(&h).Error)
	require.Equal(t, []string{"before", "after"}, h.Calls)
	require.ErrorContains(t, db.Create(&hooked{}).Error, "a name is missing")
	require.ErrorContains(t, db.Create(&hooked{Name: "undo"}).Error, "undone")
	var all []hooked
	require.NoError(t, db.Find(&all).Error)
	require.Len(t, all, 1, "what AfterCreate refuses is not there")
	require.Equal(t, "a!", all[0].Name)
	require.Equal(t, []string{"found"}, all[0].Calls)
}

func TestPreparedStatementsAndDryRun(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	prepared := db.Session(&gorm.Session{PrepareStmt: true})
	for _, name := range []string{"a", "b"} {
		require.NoError(t, prepared.Create(&Company{Name: name}).Error)
		require.NoError(t, prepared.First(&Company{}, "name = ?", name).Error)
	}
	stmt := db.Session(&gorm.Session{DryRun: true}).Create(&Company{Name: "c"}).Statement
	require.Equal(t, "INSERT INTO `companies` (`id`, `name`) VALUES (sequence::nextval('companies_id'), $1) "+
		"RETURN record::id(`id`) AS `id`", stmt.SQL.String())
	require.Equal(t, "SELECT record::id(`id`) AS `id`, `name` FROM `companies`:1 WHERE `name` = 'it\\'s'",
		normal(db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", "it's").Find(&[]Company{}, 1) })))
}

// normal is a text with the strings that have an apostrophe as MySQL has them.
func normal(text string) string {
	const quoted = `"it's"`
	for i := 0; i+len(quoted) <= len(text); i++ {
		if text[i:i+len(quoted)] == quoted {
			return text[:i] + `'it\'s'` + text[i+len(quoted):]
		}
	}
	return text
}

func TestContextsEndCalls(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := db.WithContext(ctx).Exec("SLEEP 10m").Error
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, errors.Is(err, surrealsql.ErrOutcomeUnknown))
	require.ErrorIs(t, db.WithContext(ctx).First(&Company{}).Error, context.DeadlineExceeded)
	require.NoError(t, db.Create(&Company{Name: "a"}).Error, "others go on")
}

func TestRowsAreScanned(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create([]Company{{Name: "a"}, {Name: "b"}}).Error)
	rows, err := db.Model(&Company{}).Order("id").Rows()
	require.NoError(t, err)
	defer rows.Close()
	var got []Company
	for rows.Next() {
		var c Company
		require.NoError(t, db.ScanRows(rows, &c))
		got = append(got, c)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []Company{{1, "a"}, {2, "b"}}, got)
	var maps []map[string]any
	require.NoError(t, db.Table("companies").Order("id").Find(&maps).Error)
	require.Equal(t, []map[string]any{{"id": int64(1), "name": "a"}, {"id": int64(2), "name": "b"}}, maps)
	var name string
	require.NoError(t, db.Model(&Company{}).Select("name").Where("id = ?", 2).Row().Scan(&name))
	require.Equal(t, "b", name)
}
