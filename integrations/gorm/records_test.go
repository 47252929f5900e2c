package surrealgorm

// Records: what is created comes back, under keys of every kind, and is found, changed and removed.

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestKeysOfIntegersAreMadeByASequence(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	companies := []Company{{Name: "a"}, {ID: 50, Name: "b"}, {Name: "c"}}
	require.NoError(t, db.Create(&companies).Error)
	require.Equal(t, []uint{1, 50, 2}, []uint{companies[0].ID, companies[1].ID, companies[2].ID})

	var got Company
	require.NoError(t, db.First(&got, 2).Error)
	require.Equal(t, "c", got.Name)
	require.NoError(t, db.First(&Company{}, "id = ?", "50").Error, "a text beside an integer key")
	require.ErrorIs(t, db.First(&Company{}, 99).Error, gorm.ErrRecordNotFound)

	var stored surrealsql.RecordID
	require.NoError(t, db.Raw("SELECT VALUE id FROM companies WHERE name = ?", "b").Row().Scan(&stored))
	require.Equal(t, surrealsql.RecordID("companies:50"), stored)
}

func TestKeysWithoutAMigrationSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	require.NoError(t, db.Exec("DEFINE TABLE companies").Error)
	require.ErrorContains(t, db.Create(&Company{Name: "a"}).Error, "AutoMigrate")
}

func TestKeysOfOtherKinds(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Note{}, &Author{}, &Seat{}, &Token{}, &Skill{})

	notes := []Note{{Text: "made"}, {ID: "a:b", Text: "given"}}
	require.NoError(t, db.Create(&notes).Error)
	require.Len(t, notes[0].ID, 20)
	var note Note
	require.NoError(t, db.First(&note, "id = ?", "a:b").Error)
	require.Equal(t, "given", note.Text)

	author := Author{Name: "Ada"}
	require.NoError(t, db.Create(&author).Error)
	require.Equal(t, "authors", author.ID.Table())
	require.NoError(t, db.Create(&Author{ID: "authors:kim", Name: "Kim"}).Error)
	var kim Author
	require.NoError(t, db.Where("id = ?", "authors:kim").Take(&kim).Error)
	require.Equal(t, Author{"authors:kim", "Kim"}, kim)

	require.NoError(t, db.Create([]Seat{{"red", 1, true}, {"red", 2, false}, {"blue", 1, false}}).Error)
	require.ErrorIs(t, db.Create(&Seat{Hall: "red", Number: 1}).Error, gorm.ErrDuplicatedKey)
	var seat Seat
	require.NoError(t, db.Where(&Seat{Hall: "red", Number: 1}).First(&seat).Error)
	require.True(t, seat.Taken)
	require.NoError(t, db.Delete(&Seat{Hall: "red", Number: 1}).Error)
	var left []Seat
	require.NoError(t, db.Order("hall, number").Find(&left).Error)
	require.Equal(t, []Seat{{"blue", 1, false}, {"red", 2, false}}, left)

	token := Token{Value: "x"}
	require.NoError(t, db.Create(&token).Error)
	require.NotZero(t, token.ID)
	require.NoError(t, db.First(&Token{}, "id = ?", token.ID).Error)

	require.NoError(t, db.Create(&Skill{Code: "go", Name: "Go"}).Error)
	var skill Skill
	require.NoError(t, db.First(&skill, "code = ?", "go").Error)
	require.Equal(t, "Go", skill.Name)
}

// A default of the database's makes a key, too.
func TestKeysThatAreDefaults(t *testing.T) {
	t.Parallel()
	type Ticket struct {
		ID    string `gorm:"default:string::concat('t', <string>sequence::nextval('tickets'))"`
		Value string
	}
	db := newDB(t, &Ticket{})
	require.NoError(t, db.Exec("DEFINE SEQUENCE tickets START 7").Error)
	tickets := []Ticket{{Value: "a"}, {ID: "own", Value: "b"}, {Value: "c"}}
	require.NoError(t, db.Create(&tickets).Error)
	require.Equal(t, []string{"t7", "own", "t8"}, []string{tickets[0].ID, tickets[1].ID, tickets[2].ID})
}

// An id with its table, as Raw with Scan gives it, is not taken for the key of another record.
func TestKeysThatAreIDsAreRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Note{})
	require.ErrorContains(t, db.Save(&Note{ID: "notes:1"}).Error, "record::id(id)")
}

func TestSaveUpdatesOrCreates(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Employee{}, &Skill{}, &Note{})
	e := Employee{Name: "Ada", Age: 36, Address: Address{City: "London"}}
	require.NoError(t, db.Save(&e).Error)
	require.EqualValues(t, 1, e.ID)
	e.Age = 0
	require.NoError(t, db.Save(&e).Error)

	var got Employee
	require.NoError(t, db.First(&got, e.ID).Error)
	require.Zero(t, got.Age)
	require.Equal(t, "London", got.Address.City)
	require.Nil(t, got.Email)

	require.NoError(t, db.Save(&Company{ID: 9, Name: "made"}).Error)
	require.NoError(t, db.First(&Company{}, 9).Error)
	result := db.Model(&Employee{}).Where("age < ?", 10).Updates(map[string]any{"age": gorm.Expr("age + ?", 5)})
	require.NoError(t, result.Error)
	require.EqualValues(t, 1, result.RowsAffected)
	require.NoError(t, db.Model(&got).Clauses(clause.Returning{}).Update("name", "Grace").Error)
	require.Equal(t, "Grace", got.Name)
	require.Equal(t, 5, got.Age, "all fields are returned")
}

func TestConflictsUpdateOrAreIgnored(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create([]Company{{ID: 101, Name: "a"}, {ID: 102, Name: "b"}}).Error)

	require.ErrorIs(t, db.Create(&Company{ID: 101, Name: "x"}).Error, gorm.ErrDuplicatedKey)
	require.ErrorIs(t, db.Create(&Company{Name: "a"}).Error, gorm.ErrDuplicatedKey, "a unique index")

	batch := []Company{{ID: 101, Name: "ignored"}, {Name: "c"}}
	result := db.Clauses(clause.OnConflict{DoNothing: true}).Create(&batch)
	require.NoError(t, result.Error)
	require.EqualValues(t, 1, result.RowsAffected)
	require.NotZero(t, batch[1].ID)

	rows := []Company{{ID: 102, Name: "b2"}, {Name: "d"}}
	require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error)
	require.EqualValues(t, 102, rows[0].ID)
	require.NotZero(t, rows[1].ID)
	var names []string
	require.NoError(t, db.Model(&Company{}).Order("name").Pluck("name", &names).Error)
	require.Equal(t, []string{"a", "b2", "c", "d"}, names)
}

func TestConflictsCountOnWhatIsThere(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3") // 3.0.2 has no record in ON DUPLICATE KEY UPDATE
	db := newDB(t)
	type tally struct {
		ID string
		N  int
	}
	require.NoError(t, db.AutoMigrate(&tally{}))
	for range 3 {
		require.NoError(t, db.Clauses(clause.OnConflict{DoUpdates: clause.Assignments(map[string]any{
			"n": gorm.Expr("coalesce(n, 0) + excluded.n"),
		})}).Create(&tally{ID: "a", N: 2}).Error)
	}
	var got tally
	require.NoError(t, db.First(&got, "id = ?", "a").Error)
	require.Equal(t, 6, got.N)
}

func TestSoftDeleteHidesAndUnscopedRemoves(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Employee{}, &Skill{}, &Note{})
	es := []Employee{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	require.NoError(t, db.Create(&es).Error)
	require.NoError(t, db.Delete(&es[0]).Error)
	require.NoError(t, db.Delete(&Employee{}, []uint{es[1].ID}).Error)
	var n int64
	require.NoError(t, db.Model(&Employee{}).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Unscoped().Model(&Employee{}).Count(&n).Error)
	require.EqualValues(t, 3, n)
	require.NoError(t, db.Unscoped().Delete(&es[0]).Error)
	require.NoError(t, db.Unscoped().Model(&Employee{}).Count(&n).Error)
	require.EqualValues(t, 2, n)
	require.ErrorIs(t, db.Delete(&Employee{}).Error, gorm.ErrMissingWhereClause)
	var gone []Employee
	require.NoError(t, db.Unscoped().Clauses(clause.Returning{}).Where("name = ?", "c").Delete(&gone).Error)
	require.Len(t, gone, 1)
	require.Equal(t, es[2].ID, gone[0].ID)
}

func TestBatchesAreReadInBatches(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	var companies []Company
	for i := range 57 {
		companies = append(companies, Company{Name: string(rune('A'+i/26)) + string(rune('a'+i%26))})
	}
	require.NoError(t, db.CreateInBatches(&companies, 10).Error)
	seen, batches := map[uint]bool{}, 0
	var some []Company
	require.NoError(t, db.FindInBatches(&some, 20, func(_ *gorm.DB, _ int) error {
		batches++
		for _, c := range some {
			require.False(t, seen[c.ID])
			seen[c.ID] = true
		}
		return nil
	}).Error)
	require.Equal(t, 3, batches)
	require.Len(t, seen, 57)
	var page []Company
	require.NoError(t, db.Order("id").Limit(5).Offset(50).Find(&page).Error)
	require.Len(t, page, 5)
	require.EqualValues(t, 51, page[0].ID)
}
