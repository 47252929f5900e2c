package surrealgorm

// The models of the tests.

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
)

type Company struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
}

type Employee struct {
	gorm.Model
	Name      string
	Age       int
	Email     *string `gorm:"unique"`
	CompanyID *uint
	Company   *Company
	Skills    []Skill `gorm:"many2many:employee_skills"`
	Notes     []Note
	Address   Address `gorm:"embedded;embeddedPrefix:address_"`
}

type Address struct{ City, Street string }

type Skill struct {
	Code string `gorm:"primaryKey"`
	Name string
}

type Note struct {
	ID         string
	EmployeeID uint
	Text       string
}

// Article and Author are linked by records' ids.
type Author struct {
	ID   surrealsql.RecordID
	Name string
}

type Article struct {
	ID       surrealsql.RecordID
	Title    string
	AuthorID surrealsql.RecordID
	Author   Author
	Written  time.Time
}

// Visit has a link that is a number in Go.
type Visit struct {
	ID        uint
	CompanyID *uint `gorm:"type:record<companies>"`
}

// Seat has a key of two parts.
type Seat struct {
	Hall   string `gorm:"primaryKey"`
	Number int    `gorm:"primaryKey;autoIncrement:false"`
	Taken  bool
}

type Token struct {
	ID    UUID
	Value string
}

// UUID is what google/uuid's is to database/sql.
type UUID [16]byte

func (u UUID) Value() (driver.Value, error) {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}

func (u *UUID) Scan(v any) error {
	b, err := hex.DecodeString(strings.ReplaceAll(fmt.Sprint(v), "-", ""))
	copy(u[:], b)
	return err
}
