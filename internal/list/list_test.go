package list_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/list"
)

// forwards and backwards are the elements as the links lead to them.
func forwards(l *list.List[int]) (all []int) {
	for n := l.Front(); n != nil; n = n.Next() {
		all = append(all, n.Of)
	}
	if !slices.Equal(all, slices.Collect(l.All())) {
		return nil
	}
	return all
}

func backwards(l *list.List[int]) (all []int) {
	for n := l.Back(); n != nil; n = n.Prev() {
		all = append(all, n.Of)
	}
	return all
}

func TestListDoesWhatASliceDoes(t *testing.T) {
	t.Parallel()
	var l list.List[int]
	var want []int
	nodes := make([]list.Node[int], 20)
	for i := range nodes {
		nodes[i].Of = i
	}
	for range 10_000 {
		i := rand.IntN(len(nodes))
		n := &nodes[i]
		require.Equal(t, slices.Contains(want, i), n.In())
		switch {
		case n.In():
			l.Remove(n)
			want = slices.DeleteFunc(want, func(j int) bool { return j == i })
		case rand.IntN(3) == 0:
			l.PushBack(n)
			want = append(want, i)
		case rand.IntN(2) == 0:
			l.PushFront(n)
			want = slices.Insert(want, 0, i)
		default:
			at := rand.IntN(len(want) + 1)
			var next *list.Node[int]
			if at < len(want) {
				next = &nodes[want[at]]
			}
			l.InsertBefore(n, next)
			want = slices.Insert(want, at, i)
		}
		require.Equal(t, len(want), l.Len())
		require.Equal(t, append([]int(nil), want...), forwards(&l))
		slices.Reverse(want)
		require.Equal(t, append([]int(nil), want...), backwards(&l))
		slices.Reverse(want)
	}
}

func TestAllMayRemoveWhatItGaveLast(t *testing.T) {
	t.Parallel()
	var l list.List[int]
	nodes := make([]list.Node[int], 5)
	for i := range nodes {
		nodes[i].Of = i
		l.PushBack(&nodes[i])
	}
	for i := range l.All() {
		if i%2 == 0 {
			l.Remove(&nodes[i])
		}
	}
	require.Equal(t, []int{1, 3}, forwards(&l))
	for range l.All() {
		break
	}
}
