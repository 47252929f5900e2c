package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestStaffWritesProductsAndCustomersReadThem(t *testing.T) {
	t.Parallel()
	s := startService(t, "north", "south")
	ada, bob := s.signedUp("north", "ada@example.com"), s.staff("north", "bob@example.com")
	tea := product{Name: "Tea", Price: 450, Stock: 10}
	status, body := ada.do("PUT", "/products/tea", tea)
	require.Equal(t, http.StatusForbidden, status, body)
	for _, sku := range []string{"tea", "a `strange` one:2", "cup"} {
		status, body = bob.do("PUT", "/products/"+sku, tea)
		require.Equal(t, http.StatusOK, status, body)
	}
	tea.Price = 500
	status, body = bob.do("PUT", "/products/tea", tea)
	require.Equal(t, http.StatusOK, status, body)

	page := get[[]product](ada, "/products")
	require.Len(t, page, 3)
	require.Equal(t, "cup", page[1].ID.Key())
	require.Equal(t, 500, page[2].Price)
	rest := get[[]product](ada, "/products?after=cup")
	require.Equal(t, page[2:], rest)
	require.Empty(t, get[[]product](s.signedUp("south", "ada@example.com"), "/products"), "another shop has its own")

	for _, wrong := range []product{{Name: "", Price: 1}, {Name: "x", Price: -1}} {
		status, body = bob.do("PUT", "/products/x", wrong)
		require.Equal(t, http.StatusUnprocessableEntity, status, body)
	}
}

func TestOrderTakesFromTheStockAndBelongsToItsCustomer(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada, kim := s.signedUp("north", "ada@example.com"), s.signedUp("north", "kim@example.com")
	bob := s.staff("north", "bob@example.com")
	s.stock("north", "tea", 5)
	status, body := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusCreated, status, body)

	orders := get[[]order](ada, "/orders")
	require.Len(t, orders, 1)
	require.Equal(t, 900, orders[0].Total)
	require.Equal(t, "placed", orders[0].State)
	require.Equal(t, orders[0], get[order](ada, "/orders/order-0001"))
	require.Equal(t, 3, get[[]product](ada, "/products")[0].Stock)

	require.Empty(t, get[[]order](kim, "/orders"))
	status, _ = kim.do("GET", "/orders/order-0001", nil)
	require.Equal(t, http.StatusNotFound, status)
	for _, who := range []*client{ada, kim} {
		status, body = who.do("POST", "/orders/order-0001/shipment", nil)
		require.Equal(t, http.StatusConflict, status, body)
	}
	require.Len(t, get[[]order](bob, "/orders"), 1)
	status, body = bob.do("POST", "/orders/order-0001/shipment", nil)
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "shipped", get[order](ada, "/orders/order-0001").State)
	status, _ = bob.do("POST", "/orders/order-0001/shipment", nil)
	require.Equal(t, http.StatusConflict, status)
}

func TestOrderThatIsSentAgainIsPlacedOnce(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada, kim := s.signedUp("north", "ada@example.com"), s.signedUp("north", "kim@example.com")
	bob := s.staff("north", "bob@example.com")
	s.stock("north", "tea", 5)
	status, first := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusCreated, status, first)
	status, again := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, first, again)
	for _, other := range []*client{kim, bob} {
		status, body := other.order("order-0001", "tea", 2)
		require.Equal(t, http.StatusConflict, status, body)
		require.NotContains(t, body, "900")
	}
	require.Equal(t, 3, get[[]product](ada, "/products")[0].Stock)
}

// Who did not see the answer sends the same again; by then all may be sold.
func TestOrderThatIsSentAgainIsPlacedAlthoughNothingIsLeft(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	s.stock("north", "tea", 2)
	status, first := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusCreated, status, first)
	status, again := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusOK, status, again)
	require.JSONEq(t, first, again)
	status, another := ada.order("order-0002", "tea", 2)
	require.Equal(t, http.StatusConflict, status, another)
	require.Zero(t, get[[]product](ada, "/products")[0].Stock)
}

func TestOrderThatIsSentBySeveralAtOnceIsPlacedOnce(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.1") // a transaction of 3.0.2 may overlook a record that others write
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	s.stock("north", "tea", 2)
	var statuses [5]int
	var work sync.WaitGroup
	for i := range statuses {
		work.Go(func() { statuses[i], _ = ada.order("order-0001", "tea", 2) })
	}
	work.Wait()
	slices.Sort(statuses[:])
	require.Equal(t, [...]int{200, 200, 200, 200, 201}, statuses)
	require.Zero(t, get[[]product](ada, "/products")[0].Stock)
}

func TestOrderThatCannotBePlacedChangesNothing(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	s.stock("north", "tea", 5)
	s.stock("north", "cup", 1)
	for _, c := range []struct {
		lines  string
		status int
	}{
		{`[{"sku": "tea", "quantity": 1}, {"sku": "cup", "quantity": 2}]`, 409}, // the second one fails
		{`[{"sku": "tea", "quantity": 1}, {"sku": "pot", "quantity": 1}]`, 409},
		{`[{"sku": "tea", "quantity": -1}]`, 422},
		{`[{"sku": "", "quantity": 1}]`, 422},
		{`[]`, 422},
	} {
		status, body := ada.do("PUT", "/orders/order-0001", jsonText(`{"lines": `+c.lines+`}`))
		require.Equal(t, c.status, status, "%s: %s", c.lines, body)
	}
	status, _ := ada.order("x", "tea", 1)
	require.Equal(t, http.StatusUnprocessableEntity, status, "too short a name")
	require.Empty(t, get[[]order](ada, "/orders"))
	for _, p := range get[[]product](ada, "/products") {
		require.Equal(t, map[string]int{"product:tea": 5, "product:cup": 1}[p.ID.String()], p.Stock, p.ID)
	}
}

// Many want the last of one product at once: their transactions conflict and are run again, and
// none is sold twice.
func TestOrdersThatConflictArePlacedAgain(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.1") // a transaction of 3.0.2 may overlook a record that others write
	s := startService(t, "north")
	const customers, each, stock = 6, 4, 15
	s.stock("north", "tea", stock)
	var clients []*client
	for i := range customers {
		clients = append(clients, s.signedUp("north", fmt.Sprintf("customer-%d@example.com", i)))
	}
	var placed, soldOut atomic.Int32
	var work sync.WaitGroup
	for i, c := range clients {
		work.Go(func() {
			for j := range each {
				switch status, body := c.order(fmt.Sprintf("order-%d-%d", i, j), "tea", 1); status {
				case http.StatusCreated:
					placed.Add(1)
				case http.StatusConflict:
					soldOut.Add(1)
				default:
					t.Errorf("%d %s", status, body)
				}
			}
		})
	}
	work.Wait()
	require.EqualValues(t, stock, placed.Load())
	require.EqualValues(t, customers*each-stock, soldOut.Load())
	left, err := surrealsql.One[int](s.shops["north"].asService(t.Context()), s.db, `SELECT VALUE stock FROM product:tea`)
	require.NoError(t, err)
	require.Zero(t, left)
}
