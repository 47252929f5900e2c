package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Orders: placed in a transaction with the stock, read and shipped as the user.

// order is a record.
type order struct {
	ID       surrealsql.RecordID `json:"id"`
	Customer surrealsql.RecordID `json:"customer"`
	Lines    []line              `json:"lines"`
	Total    int                 `json:"total"` // in cents
	State    string              `json:"state"`
	Revision int                 `json:"revision"` // counts the changes
	Placed   time.Time           `json:"placed"`
}

// line is a product of an order, at the price that it had.
type line struct {
	Product  surrealsql.RecordID `json:"product"`
	Quantity int                 `json:"quantity"`
	Price    int                 `json:"price"`
}

// basket is what a client orders.
type basket struct {
	Lines []struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	} `json:"lines"`
}

const maxLines = 50

// orderKey is what the client may name an order: a UUID, say.
var orderKey = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

func orderID(r *http.Request) (surrealsql.RecordID, error) {
	key := r.PathValue("id")
	if !orderKey.MatchString(key) {
		return "", problem{http.StatusUnprocessableEntity, "an order is named by 8 to 64 letters, digits and hyphens"}
	}
	return surrealsql.NewRecordID("order", key)
}

// placeOrder places an order that the client has named. So the client may send the same again
// when it got no answer, or one that says that the outcome is unknown: it is placed once.
func (s *service) placeOrder(rw http.ResponseWriter, r *http.Request) error {
	var b basket
	if err := readJSON(rw, r, &b); err != nil {
		return err
	}
	id, err := orderID(r)
	if err != nil {
		return err
	}
	lines, err := b.lines()
	if err != nil {
		return err
	}
	customer, err := s.whoAmI(r.Context()) // the database has looked at the token
	if err != nil {
		return err
	}
	err = s.place(shopOf(r).asService(r.Context()), id, customer.ID, lines)
	status := http.StatusCreated
	if errors.Is(err, errPlaced) {
		status, err = http.StatusOK, nil
	}
	if err != nil {
		return err
	}
	o, err := s.findOrder(r.Context(), id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && o.Customer != customer.ID {
		return problem{http.StatusConflict, "somebody else's order has this name"}
	}
	if err != nil {
		return err
	}
	return writeJSON(rw, status, o)
}

func (b basket) lines() (lines []line, err error) {
	if len(b.Lines) == 0 || len(b.Lines) > maxLines {
		return nil, problem{http.StatusUnprocessableEntity, "an order has 1 to 50 lines"}
	}
	for _, l := range b.Lines {
		id, err := productID(l.SKU)
		if err != nil {
			return nil, err
		}
		if l.Quantity < 1 {
			return nil, problem{http.StatusUnprocessableEntity, "a line has a quantity of 1 at least"}
		}
		lines = append(lines, line{Product: id, Quantity: l.Quantity})
	}
	return lines, nil
}

// errPlaced is of an order that is sent again.
var errPlaced = errors.New("there is an order of this name already")

// place takes the products from the stock and writes the order, all or nothing. Two who want the
// same product at once conflict, and the second one is run again.
//
// It runs as the service, because customers may not write the stock.
func (s *service) place(ctx context.Context, id, customer surrealsql.RecordID, lines []line) error {
	retry := surrealsql.Retry{OnRetry: func(ctx context.Context, failed surrealsql.Attempt) {
		s.metrics.retries.Inc()
		s.log.DebugContext(ctx, "order is placed again", "order", id, "attempt", failed.N, "error", failed.Err)
	}}
	return retry.RunTx(ctx, s.db, nil, func(ctx context.Context, tx *sql.Tx) error {
		// First, because of what was sold to this very order there may be nothing left.
		if there, err := surrealsql.All[surrealsql.RecordID](ctx, tx, `SELECT VALUE id FROM $1`, id); err != nil {
			return err
		} else if len(there) > 0 {
			return errPlaced
		}
		total := 0
		for i, l := range lines {
			price, err := take(ctx, tx, l.Product, l.Quantity)
			if err != nil {
				return err
			}
			lines[i].Price = price // the same lines are there when this is run again
			total += price * l.Quantity
		}
		_, err := tx.ExecContext(ctx,
			`CREATE $id SET customer = $customer, lines = $lines, total = $total, state = 'placed', revision = 1`,
			sql.Named("id", id), sql.Named("customer", customer), sql.Named("lines", lines), sql.Named("total", total))
		return err
	})
}

// take takes some of a product from the stock, and returns its price.
func take(ctx context.Context, tx *sql.Tx, id surrealsql.RecordID, quantity int) (price int, err error) {
	price, err = surrealsql.One[int](ctx, tx,
		`UPDATE $1 SET stock -= $2 WHERE stock >= $2 RETURN VALUE price`, id, quantity)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, problem{http.StatusConflict, "there is not enough left of " + id.String()}
	}
	return price, err
}

// findOrder reads an order as the user of ctx; one that the user may not see is sql.ErrNoRows.
func (s *service) findOrder(ctx context.Context, id surrealsql.RecordID) (order, error) {
	return surrealsql.One[order](ctx, s.db, `SELECT * FROM $1`, id)
}

// listOrders shows the newest orders that the user may see.
func (s *service) listOrders(rw http.ResponseWriter, r *http.Request) error {
	orders, err := s.newestOrders(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, orders)
}

func (s *service) newestOrders(ctx context.Context) ([]order, error) {
	return surrealsql.All[order](ctx, s.db, `SELECT * FROM order ORDER BY placed DESC LIMIT 50`)
}

func (s *service) getOrder(rw http.ResponseWriter, r *http.Request) error {
	id, err := orderID(r)
	if err != nil {
		return err
	}
	o, err := s.findOrder(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, o)
}

// shipOrder notes that an order has left. The database lets staff alone do that.
func (s *service) shipOrder(rw http.ResponseWriter, r *http.Request) error {
	id, err := orderID(r)
	if err != nil {
		return err
	}
	shipped, err := surrealsql.All[order](r.Context(), s.db,
		`UPDATE $1 SET state = 'shipped', revision += 1 WHERE state = 'placed'`, id)
	if err != nil {
		return err
	}
	if len(shipped) == 0 {
		return problem{http.StatusConflict, "there is no such order that you may ship, or it has left already"}
	}
	return writeJSON(rw, http.StatusOK, shipped[0])
}
