package surrealgorm

// What is refused, before anything is sent.

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db := newDB(t) // without a table, so that what is sent is another error
	var es []Employee
	for name, call := range map[string]func() error{
		"Joins of an association": func() error { return db.Joins("Company").Find(&es).Error },
		"Joins with a text": func() error {
			return db.Joins("JOIN companies ON companies.id = employees.company_id").Find(&es).Error
		},
		"InnerJoins":                func() error { return db.InnerJoins("Company").Find(&es).Error },
		"FOR UPDATE":                func() error { return db.Clauses(clause.Locking{Strength: "UPDATE"}).Find(&es).Error },
		"another table":             func() error { return db.Where("companies.name = ?", 1).Find(&es).Error },
		"another table, quoted":     func() error { return db.Where("`companies`.`name` = ?", 1).Find(&es).Error },
		"another table in ORDER BY": func() error { return db.Order("companies.name").Find(&es).Error },
		"two tables":                func() error { return db.Table("employees e, companies c").Find(&es).Error },
		"EXISTS":                    func() error { return db.Where("EXISTS (?)", db.Model(&Company{})).Find(&es).Error },
		"a subquery in a text":      func() error { return db.Where("company_id IN (SELECT id FROM companies)").Find(&es).Error },
		"CASE":                      func() error { return db.Select("CASE WHEN age > 3 THEN 1 ELSE 2 END").Find(&es).Error },
		"a window":                  func() error { return db.Select("row_number() OVER (ORDER BY age)").Find(&es).Error },
		"OFFSET in a text":          func() error { return db.Where("age > 3 OFFSET 4").Find(&es).Error },
		"UNION":                     func() error { return db.Where("age > 3 UNION SELECT 1").Find(&es).Error },
		"MAX of texts":              func() error { return db.Model(&Employee{}).Select("max(name)").Find(&es).Error },
		"a changed key":             func() error { return db.Model(&Employee{}).Where("age = 3").Update("id", 4).Error },
		"a key that is none":        func() error { return db.Where("id = ?", "x").Find(&es).Error },
		"= with a list":             func() error { return db.Where("id = ?", []int{1, 2}).Find(&es).Error },
		"INSERT IGNORE": func() error {
			return db.Clauses(clause.Insert{Modifier: "IGNORE"}).Create(&Employee{Name: "x"}).Error
		},
		"a number that is none": func() error { return db.Where("age = ?", "x").Find(&es).Error },
		"UPDATE with LIMIT":     func() error { return db.Model(&Employee{}).Where("age = 3").Limit(1).Update("age", 4).Error },
		"DELETE with LIMIT":     func() error { return db.Where("age = 3").Limit(1).Unscoped().Delete(&Employee{}).Error },
		"ON CONFLICT with a condition": func() error {
			return db.Clauses(clause.OnConflict{
				Where: clause.Where{Exprs: []clause.Expression{clause.Eq{Column: "age", Value: 1}}}, UpdateAll: true,
			}).Create(&Employee{Name: "x"}).Error
		},
		"ON CONFLICT of another column": func() error {
			return db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, UpdateAll: true}).Create(&Employee{Name: "x"}).Error
		},
		"texts joined as in SQL":           func() error { return db.Where("name || ? = ?", "a", "b").Delete(&Employee{}).Error },
		"lists in common as in PostgreSQL": func() error { return db.Where("name && ?", []string{"a"}).Find(&es).Error },
		"a column in double quotes":        func() error { return db.Where(`"age" = ?`, 3).Find(&es).Error },
		"a column in double quotes, in IN": func() error { return db.Where(`"name" IN ?`, []string{"a"}).Find(&es).Error },
		"double quotes without a model": func() error {
			return db.Table("employees").Where(`"age" > 3`).Find(&[]map[string]any{}).Error
		},
		"an argument too many":  func() error { return db.Where("name = 'x'", 1).Find(&es).Error },
		"an argument by number": func() error { return db.Where("name = ?", "x").Where("age > $1", 18).Find(&es).Error },
		"> with nil":            func() error { return db.Where("age > ?", nil).Delete(&Employee{}).Error },
		"a savepoint":           func() error { return db.SavePoint("a").Error },
		"renaming a table":      func() error { return db.Migrator().RenameTable("a", "b") },
		"a partial index": func() error {
			type Partial struct {
				ID   uint
				Name string `gorm:"index:,where:name > 'a'"`
			}
			return db.AutoMigrate(&Partial{})
		},
		"OnDelete of a plain field": func() error {
			type Part struct {
				ID        uint
				CompanyID uint
				Company   Company `gorm:"constraint:OnDelete:CASCADE"`
			}
			return db.AutoMigrate(&Part{})
		},
		"an id that is no key": func() error {
			type Odd struct {
				Code string `gorm:"primaryKey"`
				ID   int
			}
			return db.Create(&Odd{Code: "a", ID: 3}).Error
		},
	} {
		err := call()
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "surrealdb: ", "%s: it is sent", name)
		require.Contains(t, err.Error(), "surrealgorm: ", name)
	}
	require.ErrorIs(t, db.Joins("Company").Find(&es).Error, gorm.ErrNotImplemented)
	var refused *RefusedError
	require.ErrorAs(t, db.Clauses(clause.Locking{Strength: "SHARE"}).Find(&es).Error, &refused)
	require.NotEmpty(t, refused.Instead)
}
