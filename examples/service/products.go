package main

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/surrealsql/surrealsql"
)

// What a shop sells.

// product is a record. Its id is product:SKU.
type product struct {
	ID    surrealsql.RecordID `json:"id"`
	Name  string              `json:"name"`
	Price int                 `json:"price"` // in cents
	Stock int                 `json:"stock"`
}

// productID is the id of the record that a SKU names, whatever it holds.
func productID(sku string) (surrealsql.RecordID, error) {
	if sku == "" || len(sku) > 64 {
		return "", problem{http.StatusUnprocessableEntity, "a SKU has 1 to 64 bytes"}
	}
	return surrealsql.NewRecordID("product", sku)
}

// pageSize is how many products a page has.
const pageSize = 50

// listProducts shows a page of the products, in the order of their SKUs: those after ?after=SKU.
func (s *service) listProducts(rw http.ResponseWriter, r *http.Request) error {
	after := surrealsql.RecordID("product:⟨⟩") // before all others
	if sku := r.FormValue("after"); sku != "" {
		var err error
		if after, err = productID(sku); err != nil {
			return err
		}
	}
	page, err := surrealsql.All[product](r.Context(), s.db,
		`SELECT * FROM product WHERE id > $1 ORDER BY id LIMIT $2`, after, pageSize)
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, page)
}

// putProduct writes a product, if the user is one of staff. The database decides that: of others
// it takes nothing, and answers without a record.
func (s *service) putProduct(rw http.ResponseWriter, r *http.Request) error {
	var p product
	if err := readJSON(rw, r, &p); err != nil {
		return err
	}
	id, err := productID(r.PathValue("sku"))
	if err != nil {
		return err
	}
	written, err := surrealsql.All[product](r.Context(), s.db,
		`UPSERT $1 SET name = $2, price = $3, stock = $4`, id, p.Name, p.Price, p.Stock)
	if err != nil {
		return err
	}
	if len(written) == 0 {
		return problem{http.StatusForbidden, "products are for staff to write"}
	}
	return writeJSON(rw, http.StatusOK, written[0])
}

// productFromCSV reads the fields of a line: sku, name, price, stock.
func productFromCSV(fields []string) (p product, err error) {
	if p.ID, err = productID(fields[0]); err != nil {
		return p, err
	}
	p.Name = fields[1]
	if p.Price, err = strconv.Atoi(fields[2]); err != nil {
		return p, fmt.Errorf("price: %w", err)
	}
	if p.Stock, err = strconv.Atoi(fields[3]); err != nil {
		return p, fmt.Errorf("stock: %w", err)
	}
	return p, nil
}

// csv is the line of a product: the one that productFromCSV reads.
func (p product) csv() []string {
	return []string{fmt.Sprint(p.ID.Key()), p.Name, strconv.Itoa(p.Price), strconv.Itoa(p.Stock)}
}
