package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/surrealsql/surrealsql"
)

// The import of products from a CSV file of any length.

// csvHeader is the first line of such a file.
var csvHeader = []string{"sku", "name", "price", "stock"}

// importCommand writes the products of a file. What is there already is brought up to date, so
// that the same file may be imported again; -skip goes on where an import has ended.
func importCommand(ctx context.Context, cfg config, args []string, diag io.Writer) error {
	set := flag.NewFlagSet("import", flag.ContinueOnError)
	set.SetOutput(diag)
	name := set.String("shop", "north", "the `shop`")
	skip := set.Int("skip", 0, "the `number` of products to pass over, which an earlier import has written")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != 1 {
		return fmt.Errorf("got %d arguments, expected the name of a CSV file", set.NArg())
	}
	if *skip < 0 {
		return fmt.Errorf("-skip: got %d, expected 0 or more", *skip)
	}
	file, err := os.Open(set.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return err
	}
	return withShop(ctx, cfg, *name, diag, func(db *sql.DB) error {
		bar := newBar(about.Size(), diag)
		began := time.Now()
		done, err := importProducts(ctx, db, file, *skip, func(rows int, read int64) {
			bar.Describe(fmt.Sprintf("%d products", rows))
			_ = bar.Set64(read) // it fails beyond the end alone
		})
		fmt.Fprintln(diag)
		if err != nil {
			fmt.Fprintf(diag, "%d products are written. To go on: -skip %d\n", done, done)
			return err
		}
		fmt.Fprintf(diag, "%d products are written, %d of them in %s\n",
			done, done-*skip, time.Since(began).Round(time.Millisecond))
		return nil
	})
}

func newBar(size int64, diag io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(diag),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
}

// importProducts writes the products of a CSV but the first few, batch by batch. progress is told how
// many are written, and how far it has read to that end. done is how many of the file's first
// products are in force when it returns, those that were passed over included.
func importProducts(ctx context.Context, db *sql.DB, file io.Reader, skip int, progress func(rows int, read int64)) (done int, err error) {
	lines := csv.NewReader(file)
	inserted, err := surrealsql.Bulk{
		Update:   surrealsql.FromInput("name", "price", "stock"),
		Progress: func(so surrealsql.Inserted) { progress(skip+so.Rows, lines.InputOffset()) },
	}.Insert(ctx, db, "product", readProducts(lines, skip))
	done = skip + inserted.Rows
	if failed, ok := errors.AsType[*surrealsql.InsertError](err); ok && failed.Row >= 0 {
		err = fmt.Errorf("product %d of the file: %w", skip+failed.Row+1, err)
	}
	return done, err
}

// readProducts are the products of a CSV, read while they are asked for.
func readProducts(lines *csv.Reader, skip int) iter.Seq2[product, error] {
	lines.FieldsPerRecord = len(csvHeader)
	lines.ReuseRecord = true
	return func(yield func(product, error) bool) {
		header, err := lines.Read()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("got an empty file, expected the header %q", csvHeader)
		} else if err == nil && !slices.Equal(header, csvHeader) {
			err = fmt.Errorf("got the header %q, expected %q", header, csvHeader)
		}
		for n := 0; err == nil; n++ {
			var fields []string
			if fields, err = lines.Read(); err != nil || n < skip {
				continue
			}
			p, wrong := productFromCSV(fields)
			if wrong != nil {
				line, _ := lines.FieldPos(0)
				err = fmt.Errorf("line %d: %w", line, wrong)
				break
			}
			if !yield(p, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(product{}, err)
		}
	}
}

// withShop does something in the database of a shop, which is migrated before.
func withShop(ctx context.Context, cfg config, name string, diag io.Writer, do func(db *sql.DB) error) (err error) {
	if !slices.Contains(cfg.shops, name) {
		return fmt.Errorf("got the shop %q, expected one of SHOPS: %q", name, cfg.shops)
	}
	if cfg.database == nil {
		return errors.New("SURREALDB_URL names no server: the one that the service has started says it at its start")
	}
	database := cfg.database.Clone()
	database.Database = name
	if err := migrate(ctx, database, newLogger(cfg, diag)); err != nil {
		return err
	}
	connector, err := surrealsql.NewConnector(database)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}
