package tokens

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// How long tokens live, what a store remembers, and that nobody waits for ever. What the
// turns are to connections is tested in internal/drivertest/connections.

func jwt(claims string) string {
	return "head." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
}

func TestTokenLivesAsLongAsItsClaimsSay(t *testing.T) {
	t.Parallel()
	hour := jwt(`{"iat":1000,"exp":4600}`)
	for text, want := range map[string]time.Duration{
		hour:                                    time.Hour,
		hour + "=":                              time.Hour,
		jwt(`{"IAT":1000,"EXP":1000.5}`):        500 * time.Millisecond,
		jwt(`{"exp":946688400}`):                time.Hour, // by this side's clock
		jwt(`{"iat":4600,"exp":1000}`):          0,
		jwt(`{"iat":-1e300,"exp":-1e301}`):      0,
		jwt(`{"iat":1000,"exp":1e300}`):         endless,
		jwt(`{"iat":1000,"exp":9300000000000}`): endless,
		jwt(`{"iat":1000}`):                     endless,
		jwt(`{"exp":"soon"}`):                   endless,
		jwt(`[]`):                               endless,
		"opaque":                                endless,
		"a.b.c":                                 endless,
		"..":                                    endless,
	} {
		synctest.Test(t, func(t *testing.T) { // from 2000-01-01 on, which is 946684800
			got := Read(text, time.Now())
			require.Equal(t, want, got.life, text)
			require.Equal(t, want > 0, got.Fresh(), text)
			if want > 0 && want < endless {
				time.Sleep(want/2 - time.Nanosecond)
				require.True(t, got.Fresh(), text)
				time.Sleep(time.Nanosecond)
				require.False(t, got.Fresh(), text)
				time.Sleep(want/2 - time.Nanosecond)
				require.True(t, got.usable(), text)
				time.Sleep(time.Nanosecond)
				require.False(t, got.usable(), text)
			}
		})
	}
	require.False(t, Token{}.Fresh() || Token{}.usable() || Read("", time.Now()).Fresh())
}

func TestTokenNamesItsDatabase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		jwt(`{"NS":"shop","DB":"main","exp":1}`): {"shop", "main"},
		jwt(`{"ns":"shop","db":"main"}`):         {"shop", "main"},
		jwt(`{"NS":"shop"}`):                     {"shop", ""},
		jwt(`{"NS":7}`):                          {"", ""},
		"opaque":                                 {"", ""},
	} {
		ns, db := Database(text)
		require.Equal(t, want, [2]string{ns, db}, text)
	}
}

func TestStoreRemembersABoundedNumberOfTokens(t *testing.T) {
	t.Parallel()
	var s Store
	var lead *Turn
	for i := range 10 * maxEntries {
		_, turn, err := s.Take(t.Context(), Key{Who: Identity{byte(i), byte(i >> 8)}}, nil, time.Second)
		require.NoError(t, err)
		if i == 0 {
			lead = turn
			continue
		}
		turn.Succeed(Read(jwt(`{"iat":1000,"exp":4600}`), time.Now()), false)
		require.LessOrEqual(t, len(s.of), maxEntries)
	}
	require.Same(t, lead, s.of[Key{}].leader, "one whose outcome others may wait for is kept")
}

// Whatever becomes of the turns, everybody gets a turn, or a token of nobody else's, or has
// no more time; and where all have ended nobody leads.
func TestStoreLetsEverybodyInWhateverBecomesOfTheTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Store
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				key := Key{Identity{byte(i % 3)}, fmt.Sprintf("host%d", i%2)}
				lost := make(chan struct{})
				time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(20))*time.Second)
				defer cancel()
				token, turn, err := s.Take(ctx, key, lost, time.Second)
				switch {
				case err != nil:
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					return
				case turn == nil:
					assert.Equal(t, fmt.Sprint(key.Who), token.Text)
					if rand.IntN(10) == 0 {
						s.Refused(token, key.Addr, false)
					}
					return
				}
				time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
				switch rand.IntN(4) {
				case 0:
					close(lost)
					time.Sleep(time.Second)
					turn.Fail(false)
				case 1:
					turn.Fail(true)
				default:
					life := time.Duration(rand.IntN(5)) * time.Second
					turn.Succeed(Token{fmt.Sprint(key.Who), time.Now(), life, true}, false)
				}
			})
		}
		all.Wait()
		for _, e := range s.of {
			require.Nil(t, e.leader)
		}
	})
}
