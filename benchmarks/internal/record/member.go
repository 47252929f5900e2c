package record

import (
	"encoding/binary"
	"time"
)

// The records of a table with a schema: eight columns, of which two have the same type.

// The columns of a member, in the order of a program that names them, and in the one in
// which the driver gives whole records.
const (
	MemberColumns = "id, age, name, score, active, city, created, token"
	WholeMember   = "id, active, age, city, created, name, score, token"
)

// DefineMembers is the text that defines a table of members.
func DefineMembers(table string) string {
	text := "DEFINE TABLE " + table + " SCHEMAFULL"
	for _, field := range []struct{ name, kind string }{
		{"age", "int"}, {"name", "string"}, {"score", "float"}, {"active", "bool"},
		{"city", "string"}, {"created", "datetime"}, {"token", "uuid"},
	} {
		text += "; DEFINE FIELD " + field.name + " ON " + table + " TYPE " + field.kind
	}
	return text
}

// NewMember is a member as it is inserted.
type NewMember struct {
	ID      int       `json:"id"`
	Age     int       `json:"age"`
	Name    string    `json:"name"`
	Score   float64   `json:"score"`
	Active  bool      `json:"active"`
	City    string    `json:"city"`
	Created time.Time `json:"created"`
	Token   [16]byte  `json:"token"`
}

// MakeMember makes the n-th member.
func MakeMember(n int) NewMember {
	p := NewPerson(n)
	m := NewMember{
		ID: p.ID, Age: p.Age, Name: p.Name, Score: p.Score, Active: n%3 != 0,
		City: p.City, Created: p.Created,
	}
	binary.BigEndian.PutUint64(m.Token[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(m.Token[8:], uint64(n)*0xc2b2ae3d27d4eb4f)
	m.Token[6], m.Token[8] = m.Token[6]&0x0f|0x40, m.Token[8]&0x3f|0x80 // version 4
	return m
}
