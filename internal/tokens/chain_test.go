package tokens

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// That a token is got once for all, and that nobody waits for ever. What chains are to
// connections is tested in internal/drivertest/connections.

// Whatever becomes of those who get tokens and of those who wait, one is got at a time, nobody
// waits longer than its context lasts, and who gets a token gets one that is alive.
func TestChainGetsOneTokenAtATimeWhateverBecomesOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Chain
		var getting, got atomic.Int32
		get := func(ctx context.Context) (Token, error) {
			assert.EqualValues(t, 1, getting.Add(1))
			defer getting.Add(-1)
			time.Sleep(time.Duration(rand.IntN(4000)) * time.Millisecond)
			assert.NoError(t, ctx.Err())
			switch rand.IntN(4) {
			case 0:
				return Token{}, errors.New("refused")
			case 1:
				panic("a hook")
			}
			return Token{fmt.Sprint(got.Add(1)), time.Now(), time.Duration(1+rand.IntN(10)) * time.Second, true}, nil
		}
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				time.Sleep(time.Duration(rand.IntN(300)) * time.Second)
				limit := time.Duration(rand.IntN(5000)) * time.Millisecond
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				defer func() {
					if p := recover(); p != nil {
						assert.Equal(t, "a hook", p)
					}
					assert.LessOrEqual(t, time.Since(began), limit)
				}()
				token, err := c.Take(ctx, 5*time.Second, time.Second, get)
				if err == nil {
					assert.True(t, token.usable(), "%v", token)
					if rand.IntN(10) == 0 {
						c.Refused(token)
					}
				}
			})
		}
		all.Wait()
		c.Close(5 * time.Second)
		require.Zero(t, getting.Load())
		require.Positive(t, got.Load())
		c.Refused(c.access)
		_, err := c.Take(t.Context(), time.Second, time.Second, get)
		require.ErrorIs(t, err, errClosed)
	})
}

func TestChainGoesOnWithTheOldTokenWhereTheNextOneIsLateOrRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Chain
		old := Token{"old", time.Now(), time.Hour, true}
		take := func(get func(context.Context) (Token, error)) (Token, time.Duration) {
			began := time.Now()
			token, err := c.Take(t.Context(), 5*time.Second, time.Second, get)
			require.NoError(t, err)
			return token, time.Since(began)
		}
		token, _ := take(func(context.Context) (Token, error) { return old, nil })
		require.Equal(t, old, token)
		time.Sleep(31 * time.Minute)
		token, took := take(func(ctx context.Context) (Token, error) { <-ctx.Done(); return Token{}, ctx.Err() })
		require.Equal(t, old, token)
		require.Equal(t, time.Second, took)
		c.Close(time.Minute) // waits for it
		c.closed = false
		token, took = take(func(context.Context) (Token, error) { return Token{}, errors.New("refused") })
		require.Equal(t, old, token)
		require.Zero(t, took)
		time.Sleep(time.Hour)
		_, err := c.Take(t.Context(), 5*time.Second, time.Second, func(context.Context) (Token, error) { return Token{}, errors.New("refused") })
		require.EqualError(t, err, "refused")
	})
}

// Who asks first has a context that ends; what is got is for the others.
func TestChainCloseEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Chain
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Take(ctx, time.Hour, time.Second, func(ctx context.Context) (Token, error) {
			<-ctx.Done()
			return Token{}, ctx.Err()
		})
		require.ErrorIs(t, err, context.Canceled)
		began := time.Now()
		c.Close(time.Second)
		require.Equal(t, time.Second, time.Since(began))
	})
}
