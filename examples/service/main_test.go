package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the tests have in common: a service upon shops of its own, and clients of it.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute // of a test, with a machine that is busy

// output is what a program prints, which a test reads while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// testConfig is that of a service with the shops, in a namespace of the test's own.
func testConfig(t testing.TB, shops ...string) config {
	t.Helper()
	database, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	return config{
		database: database, shops: shops, listen: "127.0.0.1:0", ops: "127.0.0.1:0",
		poolMax: 10, drain: patience,
	}
}

// started is a service that is open, and its API behind an address.
type started struct {
	*service
	t    testing.TB
	url  string
	http *http.Client
}

func startService(t testing.TB, shops ...string) *started {
	t.Helper()
	return startServiceOf(t, testConfig(t, shops...))
}

func startServiceOf(t testing.TB, cfg config) *started {
	t.Helper()
	s, err := open(t.Context(), cfg, io.Discard)
	require.NoError(t, err)
	web := httptest.NewServer(s.routes())
	t.Cleanup(func() {
		web.Close() // waits for the requests
		require.NoError(t, s.close(context.Background()))
	})
	return &started{service: s, t: t, url: web.URL, http: web.Client()}
}

// client is somebody who uses a shop.
type client struct {
	*started
	shop, email string
	tokens      tokens
}

const password = "correct horse"

// signedUp is a new customer of a shop.
func (s *started) signedUp(shop, email string) *client {
	s.t.Helper()
	c := &client{started: s, shop: shop, email: email}
	status, body := c.do("POST", "/users", account{email, password})
	require.Equal(s.t, http.StatusCreated, status, body)
	require.NoError(s.t, json.Unmarshal([]byte(body), &c.tokens))
	return c
}

// staff is a new member of the shop's staff.
func (s *started) staff(shop, email string) *client {
	s.t.Helper()
	c := s.signedUp(shop, email)
	s.exec(shop, `UPDATE user SET role = 'staff' WHERE email = $1`, email)
	return c
}

// exec runs a text in a shop as the service.
func (s *started) exec(shop, text string, args ...any) {
	s.t.Helper()
	_, err := s.db.ExecContext(s.shops[shop].asService(s.t.Context()), text, args...)
	require.NoError(s.t, err)
}

// stock gives a shop a product.
func (s *started) stock(shop, sku string, n int) {
	s.t.Helper()
	id, err := productID(sku)
	require.NoError(s.t, err)
	s.exec(shop, `CREATE $1 SET name = $2, price = 450, stock = $3`, id, "some "+sku, n)
}

// request makes a request as the client.
func (c *client) request(ctx context.Context, method, path string, body any) *http.Request {
	c.t.Helper()
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		require.NoError(c.t, err)
		content = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+"/shops/"+c.shop+path, content)
	require.NoError(c.t, err)
	if c.tokens.Access != "" {
		r.Header.Set("Authorization", "Bearer "+c.tokens.Access)
	}
	return r
}

// do makes a request, and returns the answer. It may be called on any goroutine.
func (c *client) do(method, path string, body any) (status int, answer string) {
	res, err := c.http.Do(c.request(c.t.Context(), method, path, body))
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, strings.TrimSpace(string(data))
}

// get is the answer to a GET that must succeed.
func get[T any](c *client, path string) (v T) {
	c.t.Helper()
	status, body := c.do("GET", path, nil)
	require.Equal(c.t, http.StatusOK, status, body)
	require.NoError(c.t, json.Unmarshal([]byte(body), &v), body)
	return v
}

// jsonText is a body as it stands.
func jsonText(text string) json.RawMessage { return json.RawMessage(text) }

// order orders some of a product.
func (c *client) order(id, sku string, quantity int) (status int, body string) {
	return c.do("PUT", "/orders/"+id, jsonText(fmt.Sprintf(`{"lines": [{"sku": %q, "quantity": %d}]}`, sku, quantity)))
}
