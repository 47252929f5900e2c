package main

import (
	"context"
	"database/sql"
	"fmt"
)

// What the workers ask of the server, and how their answers are checked.

// work is what a worker does with a connection.
type work interface {
	called(n int) string // what n of it are called
	prepare(context.Context, *sql.DB) error
	// do works once. n is different each time.
	do(ctx context.Context, conn *sql.Conn, n int64) error
	// check looks afterwards whether everything that was done is there.
	check(ctx context.Context, db *sql.DB, done int64) error
}

// queries ask the server for a sum, and look at the answer: somebody else's would
// be a failure.
type queries struct{}

func (queries) called(n int) string {
	if n == 1 {
		return "query"
	}
	return "queries"
}

func (queries) prepare(context.Context, *sql.DB) error { return nil }

func (queries) do(ctx context.Context, conn *sql.Conn, n int64) error {
	var sum int64
	if err := conn.QueryRowContext(ctx, `RETURN $1 + $2`, n, 1).Scan(&sum); err != nil {
		return err
	}
	if sum != n+1 {
		return fmt.Errorf("%d + 1 is %d: somebody else's answer", n, sum)
	}
	return nil
}

func (queries) check(context.Context, *sql.DB, int64) error { return nil }

// transactions write two records each, and leave exactly these.
type transactions struct{}

func (transactions) called(n int) string {
	if n == 1 {
		return "transaction"
	}
	return "transactions"
}

func (transactions) prepare(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		REMOVE TABLE IF EXISTS debit; DEFINE TABLE debit;
		REMOVE TABLE IF EXISTS credit; DEFINE TABLE credit;`)
	return err
}

func (transactions) do(ctx context.Context, conn *sql.Conn, n int64) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, `CREATE debit SET n = $1`, n); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `CREATE credit SET n = $1`, n); err != nil {
		return err
	}
	return tx.Commit()
}

func (transactions) check(ctx context.Context, db *sql.DB, done int64) error {
	var debits, credits int64
	err := db.QueryRowContext(ctx, `RETURN {
		debits: count(SELECT id FROM debit),
		credits: count(SELECT id FROM credit) }`).Scan(&debits, &credits)
	if err != nil {
		return err
	}
	if debits != done || credits != done {
		return fmt.Errorf("%d transactions left %d debits and %d credits", done, debits, credits)
	}
	return nil
}
