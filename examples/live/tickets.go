package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Tickets, and the goroutine that writes them.

const schema = `
	DEFINE TABLE IF NOT EXISTS ticket SCHEMAFULL;
	DEFINE FIELD IF NOT EXISTS dish ON ticket TYPE string ASSERT string::len($value) IN 1..=60;
	DEFINE FIELD IF NOT EXISTS note ON ticket TYPE string ASSERT string::len($value) <= 120;
	DEFINE FIELD IF NOT EXISTS kitchen ON ticket TYPE string ASSERT $value IN ['north', 'south'];
	DEFINE FIELD IF NOT EXISTS state ON ticket TYPE string ASSERT $value IN ['placed', 'cooking', 'ready'];
	DEFINE FIELD IF NOT EXISTS rev ON ticket TYPE int;
	DEFINE FIELD IF NOT EXISTS since ON ticket TYPE datetime DEFAULT time::now();`

// ticket is a record, and how a page gets it.
type ticket struct {
	ID      surrealsql.RecordID `json:"id"`
	Dish    string              `json:"dish"`
	Note    string              `json:"note"`
	Kitchen string              `json:"kitchen"`
	State   string              `json:"state"`
	// Rev counts the changes of the ticket. The server does not promise that notifications
	// of quick changes come in their order, so that who shows them needs it.
	Rev   int       `json:"rev"`
	Since time.Time `json:"since"` // when it came into its state
}

var (
	kitchens = []string{"north", "south"}
	states   = []string{"placed", "cooking", "ready"}
	next     = map[string]string{"placed": "cooking", "cooking": "ready"}

	dishes = []string{"Margherita", "Ramen", "Falafel", "Okonomiyaki", "Shakshuka", "Pho", "Tacos", "Dal"}
	notes  = []string{"", "", "", "no onions", "extra <b>hot</b>", "for table 7", "in a hurry & hungry"}
)

// few and many bound how many tickets the kitchen has when it is left alone.
const few, many = 6, 14

// cook changes one ticket after another: new ones come, old ones get on, and are gone when
// they were ready.
func (k *kitchen) cook(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		what, err := k.change(ctx)
		if err != nil {
			return err
		}
		k.printf("written  %s", what)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// change writes one change, and says what.
func (k *kitchen) change(ctx context.Context) (what string, err error) {
	open, err := surrealsql.One[int](ctx, k.db, `RETURN count((SELECT VALUE id FROM ticket))`)
	if err != nil {
		return "", err
	}
	if open < few || open < many && rand.N(2) == 0 {
		dish := dishes[rand.N(len(dishes))]
		err := k.place(ctx, dish, notes[rand.N(len(notes))], kitchens[rand.N(len(kitchens))])
		return dish + " is placed", err
	}
	oldest, err := surrealsql.One[ticket](ctx, k.db, `SELECT * FROM ticket ORDER BY since LIMIT 1`)
	if err != nil {
		return "", err
	}
	// "WHERE rev" lets one of two programs that look at the same ticket do it.
	if state, more := next[oldest.State]; more {
		_, err = k.db.ExecContext(ctx,
			`UPDATE $1 SET state = $2, rev += 1, since = time::now() WHERE rev = $3`, oldest.ID, state, oldest.Rev)
		return oldest.Dish + " is " + state, err
	}
	_, err = k.db.ExecContext(ctx, `DELETE $1 WHERE rev = $2`, oldest.ID, oldest.Rev)
	return oldest.Dish + " is served", err
}

// place writes a new ticket.
func (k *kitchen) place(ctx context.Context, dish, note, where string) error {
	_, err := k.db.ExecContext(ctx,
		`CREATE ticket SET dish = $1, note = $2, kitchen = $3, state = 'placed', rev = 1`, dish, note, where)
	return err
}
