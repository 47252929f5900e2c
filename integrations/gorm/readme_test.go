package surrealgorm_test

// The glue that README.md shows.

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
	surrealgorm "github.com/surrealsql/surrealsql/integrations/gorm"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Person is a model with a key that the database counts.
type Person struct {
	ID      uint
	Name    string `gorm:"uniqueIndex"`
	Age     int
	Tags    []string `gorm:"serializer:surreal;type:array<string>"`
	Hobbies []Hobby
}

// Hobby belongs to a person.
type Hobby struct {
	ID       string // made where it is empty: 20 characters
	PersonID uint
	Name     string
}

func adults(conn *sql.DB) (people []Person, err error) {
	db, err := gorm.Open(surrealgorm.New(surrealgorm.Config{Conn: conn}), &gorm.Config{TranslateError: true})
	if err != nil {
		return nil, err
	}
	if err := db.AutoMigrate(&Person{}, &Hobby{}); err != nil {
		return nil, err
	}
	ada := Person{Name: "Ada", Age: 36, Tags: []string{"math"}, Hobbies: []Hobby{{Name: "engines"}}}
	if err := db.Create(&ada).Error; err != nil { // person 1, whose record is people:1
		return nil, err
	}
	err = db.Preload("Hobbies").Where("age >= ? AND tags CONTAINS ?", 18, "math").Order("name").Find(&people).Error
	return people, err
}

func TestReadmeOfGORMShowsWhatWorks(t *testing.T) {
	t.Parallel()
	conn, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	defer conn.Close()
	people, err := adults(conn)
	require.NoError(t, err)
	require.Len(t, people, 1)
	require.EqualValues(t, 1, people[0].ID)
	require.Equal(t, []string{"math"}, people[0].Tags)
	require.Equal(t, "engines", people[0].Hobbies[0].Name)
}
