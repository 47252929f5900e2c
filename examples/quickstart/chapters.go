package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
)

// The chapters of the tour, each of which shows one thing and says what it saw.

func schema(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		DEFINE TABLE person SCHEMAFULL;
		DEFINE FIELD name ON person TYPE string;
		DEFINE FIELD age ON person TYPE int ASSERT $value >= 0;
		DEFINE FIELD joined ON person TYPE datetime DEFAULT time::now();
		DEFINE INDEX unique_name ON person FIELDS name UNIQUE;
		DEFINE TABLE account SCHEMAFULL;
		DEFINE FIELD balance ON account TYPE decimal ASSERT $value >= 0;`)
	if err != nil {
		return err
	}
	fmt.Println("  two tables, their fields, a unique index")
	return nil
}

func insert(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, `CREATE person SET name = $1, age = $2`, "Tobie", 41); err != nil {
		return err
	}
	people := []map[string]any{
		{"name": "Jaime", "age": 39},
		{"name": "Ada", "age": 36},
		{"name": "Grace", "age": 85},
	}
	res, err := db.ExecContext(ctx, `INSERT INTO person $people`, sql.Named("people", people))
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	fmt.Printf("  1 record with $1 and $2, %d with $people\n", n)

	_, err = db.ExecContext(ctx, `CREATE person SET name = "Ada", age = 1`)
	if !surrealsql.IsDuplicate(err) {
		return fmt.Errorf("a second Ada: expected a duplicate, got %v", err)
	}
	fmt.Println("  a second Ada is refused:", err)
	return nil
}

func read(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx,
		`SELECT name, age, joined, id FROM person WHERE age < $1 ORDER BY age`, 80)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			name   string
			age    int
			joined time.Time
			id     surrealsql.RecordID
		)
		if err := rows.Scan(&name, &age, &joined, &id); err != nil {
			return err
		}
		fmt.Printf("  %-6s %3d  %s  %s\n", name, age, joined.Format(time.DateOnly), id)
	}
	return rows.Err()
}

func prepared(ctx context.Context, db *sql.DB) error {
	stmt, err := db.PrepareContext(ctx, `SELECT age FROM person WHERE name = $name`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, name := range []string{"Ada", "Grace", "Nobody"} {
		var age int
		switch err := stmt.QueryRowContext(ctx, sql.Named("name", name)).Scan(&age); {
		case errors.Is(err, sql.ErrNoRows):
			fmt.Printf("  %s is not there\n", name)
		case err != nil:
			return err
		default:
			fmt.Printf("  %s is %d\n", name, age)
		}
	}
	return nil
}

func transactions(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		CREATE account:a SET balance = 100dec;
		CREATE account:b SET balance = 0dec;`)
	if err != nil {
		return err
	}
	if err := transfer(ctx, db, 30); err != nil {
		return err
	}
	if err := balances(ctx, db, "after a transfer of 30"); err != nil {
		return err
	}
	err = transfer(ctx, db, 100) // more than there is: an ASSERT of the schema fails
	if err == nil {
		return errors.New("a transfer of more than there is went through")
	}
	fmt.Println("  a transfer of 100 fails:", err)
	return balances(ctx, db, "rolled back, so still")
}

// transfer moves an amount in one transaction. Rollback after Commit does
// nothing, so that deferring it is the whole error handling.
func transfer(ctx context.Context, db *sql.DB, amount int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `UPDATE account:b SET balance += $1`, amount); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE account:a SET balance -= $1`, amount); err != nil {
		return err
	}
	return tx.Commit()
}

func balances(ctx context.Context, db *sql.DB, when string) error {
	var a, b string
	err := db.QueryRowContext(ctx, `RETURN { a: account:a.balance, b: account:b.balance }`).Scan(&a, &b)
	if err != nil {
		return err
	}
	fmt.Printf("  %s: a has %s, b has %s\n", when, a, b)
	return nil
}

// workers has many goroutines share few connections: database/sql's pool lends
// each connection to one goroutine at a time.
func workers(ctx context.Context, db *sql.DB) error {
	began := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for worker := range 100 {
		wg.Go(func() {
			for i := range 10 {
				var sum int
				if err := db.QueryRowContext(ctx, `RETURN $1 + $2`, worker, i).Scan(&sum); err != nil {
					errs <- err
					return
				}
				if sum != worker+i {
					errs <- fmt.Errorf("worker %d got %d, expected %d: somebody else's answer",
						worker, sum, worker+i)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	fmt.Printf("  1000 queries, every answer to the one who asked, in %s\n",
		time.Since(began).Round(time.Millisecond))
	return nil
}

func poolStats(s sql.DBStats) {
	fmt.Printf("\nThe pool (db.Stats())\n")
	fmt.Printf("  open connections   %4d of at most %d: %d in use, %d idle\n",
		s.OpenConnections, s.MaxOpenConnections, s.InUse, s.Idle)
	fmt.Printf("  waited for one     %4d times, %s in all\n",
		s.WaitCount, s.WaitDuration.Round(time.Millisecond))
	fmt.Printf("  closed             %4d idle, %d by idle time, %d by age\n",
		s.MaxIdleClosed, s.MaxIdleTimeClosed, s.MaxLifetimeClosed)
}
