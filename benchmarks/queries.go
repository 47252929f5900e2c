package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// What a program does with a result: the same code runs on the driver and on the
// floor.

// one is where a row of two columns goes. It is used again and again, so that
// what is allocated is not the destination.
type one struct {
	name string
	age  int64
}

// ask asks for one row and scans it.
func (o *one) ask(ctx context.Context, db *sql.DB) error { return o.askFor(ctx, db, record.One) }

// askFor asks for another row of two columns.
func (o *one) askFor(ctx context.Context, db *sql.DB, q record.Query) error {
	return db.QueryRowContext(ctx, q.Text, 41).Scan(&o.name, &o.age)
}

// askPrepared does so by a prepared statement.
func (o *one) askPrepared(ctx context.Context, stmt *sql.Stmt) error {
	return stmt.QueryRowContext(ctx, 41).Scan(&o.name, &o.age)
}

// asking is an operation that asks for one row.
func asking(ctx context.Context, db *sql.DB) func(int) error {
	o := new(one)
	return func(int) error { return o.ask(ctx, db) }
}

// page4 reads rows of four columns.
func page4(ctx context.Context, db *sql.DB, want int) error {
	rows, err := db.QueryContext(ctx, record.Page4.Text)
	if err != nil {
		return err
	}
	defer rows.Close()
	return scan4(rows, want)
}

// page8 reads rows of eight columns.
func page8(ctx context.Context, db *sql.DB, want int) error {
	rows, err := db.QueryContext(ctx, record.Page8.Text)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r struct {
		age, visits      int64
		name, city       string
		score, height    float64
		created, updated time.Time
	}
	got := 0
	for rows.Next() {
		if err := rows.Scan(&r.age, &r.name, &r.score, &r.created, &r.city, &r.visits, &r.height, &r.updated); err != nil {
			return err
		}
		got++
	}
	return finish(rows, got, want)
}

// scan4 reads rows of four columns and checks how many come.
func scan4(rows *sql.Rows, want int) error {
	var r struct {
		age     int64
		name    string
		score   float64
		created time.Time
	}
	got := 0
	for rows.Next() {
		if err := rows.Scan(&r.age, &r.name, &r.score, &r.created); err != nil {
			return err
		}
		got++
	}
	return finish(rows, got, want)
}

func finish(rows *sql.Rows, got, want int) error {
	if err := rows.Err(); err != nil {
		return err
	}
	return counted(got, want)
}

func counted(got, want int) error {
	if got != want {
		return fmt.Errorf("got %d rows, expected %d", got, want)
	}
	return nil
}

// row2, row4 and row8 are what the SDK decodes into.
type row2 struct {
	Name string `json:"name"`
	Age  int64  `json:"age"`
}

type row4 struct {
	Age     int64     `json:"age"`
	Name    string    `json:"name"`
	Score   float64   `json:"score"`
	Created time.Time `json:"created"`
}

type row8 struct {
	Age     int64     `json:"age"`
	Name    string    `json:"name"`
	Score   float64   `json:"score"`
	Created time.Time `json:"created"`
	City    string    `json:"city"`
	Visits  int64     `json:"visits"`
	Height  float64   `json:"height"`
	Updated time.Time `json:"updated"`
}
