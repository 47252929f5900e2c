package surrealgorm

// Conditions: what is written for them, and what they find.

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/surrealsql/surrealsql"
)

func TestConditionsAreWrittenAsSurrealQL(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	where := func(query any, args ...any) func(*gorm.DB) *gorm.DB {
		return func(tx *gorm.DB) *gorm.DB { return tx.Where(query, args...) }
	}
	for text, scope := range map[string]func(*gorm.DB) *gorm.DB{
		"`name` = $1":  where("name = ?", "a"),
		"`name` != $1": where("name <> ?", "a"),
		"`id` = $1 OR (`name` = $2 AND `id` > $3)":                     where("id = ? OR (name = ? AND companies.id > ?)", 1, "x", 2),
		"record::id(`id`) % 2 = 0":                                     where("id % 2 = 0"),
		"`name` IN $1":                                                 where("name IN ?", []string{"a", "b"}),
		"`name` NOT IN $1":                                             where("name NOT IN (?)", []string{"a", "b"}),
		"`name` IN [NONE, NULL]":                                       where("name IS NULL"),
		"`name` NOT IN [NONE, NULL] AND `name` = $1":                   where("name is not null and name = @n", map[string]any{"n": 1}),
		"(`name` NOT IN [NONE, NULL] AND string::matches(`name`, $1))": where("name LIKE ?", "a%"),
		"(`name` >= $1 AND `name` <= $2)":                              where("name BETWEEN ? AND ?", "a", "b"),
		"!(`name` = $1) AND `name` = $2":                               where("NOT name = ? AND name = ?", "a", "b"),
		"!(`name` = $1)":                                               func(tx *gorm.DB) *gorm.DB { return tx.Not("name = ?", "a") },
		"`name` = $1 OR `name` = $2":                                   func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", 1).Or("name = ?", 2) },
		"string::lowercase(`name`) = $1":                               where("LOWER(name) = ?", "a"),
		"(`name` ?? 'x') = $1":                                         where("coalesce(name,'x') = ?", "a"),
		"<string>`name` < $1":                                          where("<string>name < ?", "a"),
		"`name` CONTAINS $1":                                           where("name CONTAINS ?", "a"),
		"`name` IN (SELECT VALUE `name` FROM `companies` WHERE `name` = $1)": func(tx *gorm.DB) *gorm.DB {
			return tx.Where("name IN (?)", db.Model(&Company{}).Select("name").Where("name = ?", "a"))
		},
		"`name` = (SELECT VALUE `name` FROM `companies` LIMIT 1)[0]": func(tx *gorm.DB) *gorm.DB {
			return tx.Where("name = ?", db.Model(&Company{}).Select("name").Limit(1))
		},
		"[record::id(`id`), `name`] IN $1": func(tx *gorm.DB) *gorm.DB {
			return tx.Where(clause.IN{Column: []clause.Column{{Name: "id"}, {Name: "name"}}, Values: []any{[]any{1, "a"}}})
		},
	} {
		stmt := scope(db.Session(&gorm.Session{DryRun: true}).Model(&Company{})).Find(&[]Company{}).Statement
		require.NoError(t, stmt.Error, text)
		require.Contains(t, stmt.SQL.String(), "FROM `companies` WHERE ", text)
		_, got, _ := strings.Cut(stmt.SQL.String(), " FROM `companies` WHERE ")
		require.Equal(t, text, got)
	}
}

func TestConditionsFind(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Employee{}, &Skill{}, &Note{})
	require.NoError(t, db.Create([]Company{{Name: "x"}, {Name: "y"}}).Error)
	one := uint(1)
	require.NoError(t, db.Create([]Employee{
		{Name: "Ada", Age: 36, CompanyID: &one}, {Name: "Grace", Age: 85, CompanyID: &one}, {Name: "Kim", Age: 7},
	}).Error)
	for _, c := range []struct {
		query any
		args  []any
		names []string
	}{
		{"age > ?", []any{30}, []string{"Ada", "Grace"}},
		{"age > ?", []any{"30"}, []string{"Ada", "Grace"}},
		{"name = ?", []any{[]byte("Ada")}, []string{"Ada"}},
		{"name IN ?", []any{[][]byte{[]byte("Ada"), []byte("Kim")}}, []string{"Ada", "Kim"}},
		{"name='Ada'and age=36 or name='Kim'OR(age=85)", nil, []string{"Ada", "Grace", "Kim"}},
		{"age IN ?", []any{[]int{7, 85}}, []string{"Grace", "Kim"}},
		{"age IN (?)", []any{[]int{}}, nil},
		{"id IN ?", []any{[]int{1, 3}}, []string{"Ada", "Kim"}},
		{"id = 2", nil, []string{"Grace"}},
		{"`employees`.`id` = ?", []any{3}, []string{"Kim"}},
		{"id IN (1, 2)", nil, []string{"Ada", "Grace"}},
		{"employees.id >= ? AND employees.name LIKE ?", []any{1, "%a%"}, []string{"Ada", "Grace"}},
		{"company_id IS NULL", nil, []string{"Kim"}},
		{"company_id = ?", []any{nil}, []string{"Kim"}},
		{map[string]any{"company_id": nil}, nil, []string{"Kim"}},
		{map[string]any{"id": []int{2, 3}, "age": 7}, nil, []string{"Kim"}},
		{Employee{Name: "Ada"}, nil, []string{"Ada"}},
		{"age BETWEEN ? AND ?", []any{7, 36}, []string{"Ada", "Kim"}},
		{"NOT (name = ? OR age = ?)", []any{"Ada", 7}, []string{"Grace"}},
		{"name = ? OR name = ?", []any{"Ada", "Kim"}, []string{"Ada", "Kim"}},
		{"created_at > ?", []any{"2020-01-01"}, []string{"Ada", "Grace", "Kim"}},
		{
			"company_id IN (?)", []any{db.Model(&Company{}).Select("id").Where("name = ?", "x")},
			[]string{"Ada", "Grace"},
		},
		{"age > (?)", []any{db.Model(&Employee{}).Select("AVG(age)")}, []string{"Grace"}},
		{"age = (?)", []any{db.Raw("SELECT math::max(age) AS m FROM employees GROUP ALL")}, []string{"Grace"}},
		{[]int64{1, 2}, nil, []string{"Ada", "Grace"}},
	} {
		var names []string
		require.NoError(t, db.Model(&Employee{}).Where(c.query, c.args...).Order("name").Pluck("name", &names).Error, c.query)
		require.Equal(t, c.names, append([]string(nil), names...), "%v %v", c.query, c.args)
		var n int64
		require.NoError(t, db.Model(&Employee{}).Where(c.query, c.args...).Count(&n).Error, c.query)
		require.EqualValues(t, len(c.names), n, c.query)
	}
}

func TestGroupsAndCounts(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Employee{}, &Skill{}, &Note{})
	require.NoError(t, db.Create([]Employee{
		{Name: "Ada", Age: 36}, {Name: "Ada", Age: 4}, {Name: "Kim", Age: 7}, {Name: "Kim", Age: 7}, {Name: "Lee", Age: 9},
	}).Error)
	type total struct {
		Name  string
		Total int
		N     int
	}
	var totals []total
	require.NoError(t, db.Model(&Employee{}).Select("name, sum(age) as total, count(*) as n").
		Group("name").Having("sum(age) > ? AND count(*) > ?", 10, 1).Order("total desc").Find(&totals).Error)
	require.Equal(t, []total{{"Ada", 40, 2}, {"Kim", 14, 2}}, totals)

	var n int64
	require.NoError(t, db.Model(&Employee{}).Distinct("name").Count(&n).Error)
	require.EqualValues(t, 3, n)
	require.NoError(t, db.Model(&Employee{}).Group("name").Count(&n).Error)
	require.EqualValues(t, 3, n)
	require.NoError(t, db.Model(&Employee{}).Where("id = ?", 1).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Model(&Employee{}).Where("id IN ?", []int{1, 2, 99}).Count(&n).Error)
	require.EqualValues(t, 2, n)
	var names []string
	require.NoError(t, db.Model(&Employee{}).Distinct().Order("name").Pluck("name", &names).Error)
	require.Equal(t, []string{"Ada", "Kim", "Lee"}, names)
	var oldest *int
	require.NoError(t, db.Model(&Employee{}).Select("max(age)").Where("name = ?", "Kim").Scan(&oldest).Error)
	require.Equal(t, 7, *oldest)
	require.NoError(t, db.Model(&Employee{}).Select("max(age)").Where("name = ?", "nobody").Scan(&oldest).Error)
	require.Nil(t, oldest, "NULL, where SurrealDB's function gives an infinity")
}

func TestRawTextsGetListsAndKeys(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create([]Company{{Name: "a"}, {Name: "b"}, {Name: "c"}}).Error)
	var got []Company
	require.NoError(t, db.Raw("SELECT * FROM companies WHERE id IN ? ORDER BY id", []int{1, 3}).Find(&got).Error)
	require.Equal(t, []Company{{1, "a"}, {3, "c"}}, got)
	require.NoError(t, db.Raw("SELECT * FROM companies WHERE id = @id", map[string]any{"id": 2}).Find(&got).Error)
	require.Equal(t, []Company{{2, "b"}}, got)
	require.NoError(t, db.Exec("UPDATE companies SET name = ? WHERE id = ?", "z", surrealsql.RecordID("companies:2")).Error)
	var names []string
	require.NoError(t, db.Raw("SELECT VALUE name FROM companies WHERE name IN (?)", []string{"z"}).Scan(&names).Error)
	require.Equal(t, []string{"z"}, names)
	require.ErrorIs(t, db.Raw("SELECT * FROM a, b WHERE id = ?", 1).Find(&got).Error, gorm.ErrNotImplemented)
	require.ErrorIs(t, db.Exec("DELETE companies WHERE id = 1").Error, gorm.ErrNotImplemented)
}
