package surrealgorm

// Associations: of plain keys and of links, written with their owners and read by Preload.

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
)

func TestAssociationsAreWrittenAndPreloaded(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Employee{}, &Skill{}, &Note{})
	es := []Employee{
		{
			Name: "Ada", Company: &Company{Name: "x"}, Skills: []Skill{{"go", "Go"}, {"sql", "SQL"}},
			Notes: []Note{{Text: "a"}, {Text: "b"}},
		},
		{Name: "Kim", Skills: []Skill{{"go", "Go"}}},
	}
	require.NoError(t, db.Create(&es).Error)

	var got []Employee
	require.NoError(t, db.Preload("Company").Preload("Skills").Preload("Notes", "text <> ?", "b").
		Order("id").Find(&got).Error)
	require.Len(t, got, 2)
	require.Equal(t, "x", got[0].Company.Name)
	require.Len(t, got[0].Skills, 2)
	require.Equal(t, "a", got[0].Notes[0].Text)
	require.Len(t, got[0].Notes, 1)
	require.Nil(t, got[1].Company)
	require.Equal(t, []Skill{{"go", "Go"}}, got[1].Skills)

	skills := func() *gorm.Association { return db.Model(&es[0]).Association("Skills") }
	require.EqualValues(t, 2, skills().Count())
	require.NoError(t, skills().Delete(&Skill{Code: "sql"}))
	require.NoError(t, skills().Append(&Skill{Code: "ql", Name: "SurrealQL"}))
	var names []Skill
	require.NoError(t, db.Model(&es[0]).Where("name LIKE ?", "S%").Association("Skills").Find(&names))
	require.Equal(t, []Skill{{"ql", "SurrealQL"}}, names)
	require.EqualValues(t, 3, db.Model(&es).Association("Skills").Count(), "of two owners, one skill twice")
	require.NoError(t, db.Model(&es).Order("code").Association("Skills").Find(&names))
	require.Equal(t, []Skill{{"go", "Go"}, {"go", "Go"}, {"ql", "SurrealQL"}}, names)
	require.NoError(t, skills().Clear())
	require.Zero(t, skills().Count())
	var n int64
	require.NoError(t, db.Model(&Skill{}).Count(&n).Error)
	require.EqualValues(t, 3, n, "the skills themselves stay")

	require.NoError(t, db.Select("Notes").Delete(&es[0]).Error)
	require.NoError(t, db.Model(&Note{}).Count(&n).Error)
	require.Zero(t, n)
}

func TestLinksAreRecordsInTheDatabase(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Author{}, &Article{}, &Company{}, &Visit{})
	article := Article{Title: "Notes", Author: Author{Name: "Ada"}, Written: time.Unix(0, 123).UTC()}
	require.NoError(t, db.Create(&article).Error)
	require.NotEmpty(t, article.AuthorID)

	var got Article
	require.NoError(t, db.Preload("Author").First(&got, "id = ?", article.ID).Error)
	require.Equal(t, "Ada", got.Author.Name)
	require.True(t, article.Written.Equal(got.Written))
	require.NoError(t, db.Where("author_id = ?", string(article.AuthorID)).First(&Article{}).Error)
	var name string // a link is followed without a JOIN
	require.NoError(t, db.Raw("SELECT VALUE author_id.name FROM articles WHERE id = ?", article.ID).Row().Scan(&name))
	require.Equal(t, "Ada", name)

	one := uint(1)
	require.NoError(t, db.Create(&Company{Name: "x"}).Error)
	require.NoError(t, db.Create([]Visit{{CompanyID: &one}, {}}).Error)
	var stored surrealsql.RecordID
	require.NoError(t, db.Raw("SELECT VALUE company_id FROM visits:1").Row().Scan(&stored))
	require.Equal(t, surrealsql.RecordID("companies:1"), stored)
	var visits []Visit
	require.NoError(t, db.Order("id").Find(&visits).Error)
	require.Equal(t, []Visit{{1, &one}, {2, nil}}, visits)
	require.NoError(t, db.Where("company_id IN ?", []int{1}).Find(&visits).Error)
	require.Len(t, visits, 1)
	require.NoError(t, db.Model(&visits[0]).Update("company_id", 7).Error)
	require.NoError(t, db.Raw("SELECT VALUE company_id FROM visits:1").Row().Scan(&stored))
	require.Equal(t, surrealsql.RecordID("companies:7"), stored)
}

func TestLinksKeepTheirRecords(t *testing.T) {
	t.Parallel()
	type Owner struct {
		ID   surrealsql.RecordID
		Name string
	}
	type Thing struct {
		ID      surrealsql.RecordID
		OwnerID *surrealsql.RecordID `gorm:"type:record<owners>"`
		Owner   *Owner               `gorm:"constraint:OnDelete:RESTRICT"`
	}
	db := newDB(t, &Owner{}, &Thing{})
	require.True(t, db.Migrator().HasConstraint(&Thing{}, "Owner"))
	require.NoError(t, db.Create(&Thing{Owner: &Owner{ID: "owners:a", Name: "a"}}).Error)
	require.ErrorIs(t, db.Delete(&Owner{ID: "owners:a"}).Error, gorm.ErrForeignKeyViolated)
	require.NoError(t, db.Where("1 = 1").Delete(&Thing{}).Error)
	require.NoError(t, db.Delete(&Owner{ID: "owners:a"}).Error)
}
