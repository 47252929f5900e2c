package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

func TestUsersSignUpAndInAndAreWhoTheyAre(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	me := get[user](ada, "/me")
	require.Equal(t, "ada@example.com", me.Email)
	require.Equal(t, "customer", me.Role)

	status, body := ada.do("POST", "/sessions", account{ada.email, password})
	require.Equal(t, http.StatusOK, status, body)
	var again tokens
	require.NoError(t, json.Unmarshal([]byte(body), &again))
	ada.tokens = again
	require.Equal(t, me, get[user](ada, "/me"))
}

func TestSignUpAndInSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	for _, c := range []struct {
		path   string
		body   any
		status int
		says   string
	}{
		{"/users", account{"ada@example.com", password}, 409, "has an account"},
		{"/users", account{"ada", password}, 409, "is none"},
		{"/users", account{"kim@example.com", "short"}, 422, "8 bytes"},
		{"/users", map[string]string{"role": "staff"}, 400, "unknown field"},
		{"/sessions", account{"ada@example.com", "another one"}, 401, "sign in"},
		{"/sessions", account{"kim@example.com", password}, 401, "sign in"},
		{"/sessions", "ada", 400, "the body"},
		{"/sessions/refresh", map[string]string{"refresh": "surreal-refresh-x"}, 401, "sign in"},
	} {
		status, body := ada.do("POST", c.path, c.body)
		require.Equal(t, c.status, status, "%s %v: %s", c.path, c.body, body)
		require.Contains(t, body, c.says)
	}
}

// Two who sign up at once both find that the address has no account yet; the index of addresses
// lets one of them have it.
func TestAddressHasOneAccountWhoeverSignsUpAtOnce(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	for n := range 5 {
		var answers [4]struct {
			status int
			body   string
		}
		var work sync.WaitGroup
		for i := range answers {
			work.Go(func() {
				somebody := &client{started: s, shop: "north"}
				answers[i].status, answers[i].body = somebody.do("POST", "/users", account{fmt.Sprintf("ada-%d@example.com", n), password})
			})
		}
		work.Wait()
		given := make(map[int]int)
		for _, a := range answers {
			given[a.status]++
			if a.status != http.StatusCreated {
				require.Contains(t, a.body, "has an account")
			}
		}
		require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: len(answers) - 1}, given)
	}
}

func TestRefreshTokenIsExchangedOnce(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada := s.signedUp("north", "ada@example.com")
	old := map[string]string{"refresh": ada.tokens.Refresh}
	status, body := ada.do("POST", "/sessions/refresh", old)
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &ada.tokens))
	require.Equal(t, ada.email, get[user](ada, "/me").Email)
	status, _ = ada.do("POST", "/sessions/refresh", old)
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestNobodyElseGetsIn(t *testing.T) {
	t.Parallel()
	s := startService(t, "north", "south")
	ada := s.signedUp("north", "ada@example.com")
	for name, token := range map[string]string{
		"none": "", "no token": "x", "forged": ada.tokens.Access[:len(ada.tokens.Access)-8] + "AAAAAAAA",
	} {
		other := &client{started: s, shop: "north", tokens: tokens{Access: token}}
		for _, path := range []string{"/me", "/products", "/orders", "/events", "/export/products.csv", "/export/orders.ndjson"} {
			status, body := other.do("GET", path, nil)
			require.Equal(t, http.StatusUnauthorized, status, "%s %s: %s", name, path, body)
		}
	}
	nowhere := &client{started: s, shop: "east", tokens: ada.tokens}
	status, _ := nowhere.do("GET", "/me", nil)
	require.Equal(t, http.StatusNotFound, status)
}

func TestUsersOfAnotherShopAreNobodyHere(t *testing.T) {
	t.Parallel()
	s := startService(t, "north", "south")
	ada := s.signedUp("north", "ada@example.com")
	s.stock("south", "tea", 1)
	abroad := &client{started: s, shop: "south", tokens: ada.tokens}
	for _, path := range []string{"/me", "/orders", "/events"} {
		status, body := abroad.do("GET", path, nil)
		require.Equal(t, http.StatusUnauthorized, status, body)
	}
	status, _ := abroad.order("order-of-ada", "tea", 1)
	require.Equal(t, http.StatusUnauthorized, status)

	// The database says so too, did the service not look.
	_, err := s.whoAmI(s.shops["south"].asUser(t.Context(), ada.tokens.Access))
	require.Error(t, err)
	require.Less(t, problemOf(err).status, 500, err)
}

func TestTokenThatHasExpiredIsRefusedAlthoughItsSessionIsThere(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	s.exec("north", `DEFINE ACCESS OVERWRITE account ON DATABASE TYPE RECORD
		SIGNUP (CREATE user SET email = $user, password = crypto::argon2::generate($pass))
		WITH REFRESH DURATION FOR TOKEN 10s, FOR SESSION 1h`)
	ada := s.signedUp("north", "ada@example.com")
	require.Equal(t, ada.email, get[user](ada, "/me").Email)
	require.Eventually(t, func() bool {
		status, _ := ada.do("GET", "/me", nil)
		return status == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
}

func TestStaffCommandMakesAUserStaff(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, "north")
	s := startServiceOf(t, cfg)
	ada := s.signedUp("north", "ada@example.com")
	require.NoError(t, staffCommand(t.Context(), cfg, []string{"-shop", "north", ada.email}, io.Discard))
	require.Equal(t, "staff", get[user](ada, "/me").Role)

	require.ErrorContains(t, staffCommand(t.Context(), cfg, []string{"kim@example.com"}, io.Discard), "kim@example.com")
	require.ErrorContains(t, staffCommand(t.Context(), cfg, nil, io.Discard), "expected the email address")
	require.ErrorContains(t, staffCommand(t.Context(), cfg, []string{"-shop", "east", ada.email}, io.Discard), "east")
}

func TestPermissionsHoldWhateverTheServiceAsks(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	ada, kim := s.signedUp("north", "ada@example.com"), s.signedUp("north", "kim@example.com")
	asAda := s.shops["north"].asUser(t.Context(), ada.tokens.Access)
	all, err := surrealsql.All[map[string]any](asAda, s.db, `SELECT * FROM user`)
	require.NoError(t, err)
	require.Len(t, all, 1, "the others are not to be seen")
	require.Equal(t, ada.email, all[0]["email"])
	require.NotContains(t, all[0], "password")

	for _, text := range []string{
		`UPDATE user SET role = 'staff'`, `DELETE user`, `CREATE user SET email = 'x@example.com', password = ''`,
		`CREATE order SET customer = $auth.id, lines = [], total = 0, state = 'shipped', revision = 1`,
	} {
		_, _ = s.db.ExecContext(asAda, text) // versions differ in whether they say so
	}
	require.Equal(t, "customer", get[user](ada, "/me").Role)
	require.Equal(t, kim.email, get[user](kim, "/me").Email)
	require.Empty(t, get[[]order](ada, "/orders"))
}
