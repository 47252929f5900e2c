package hand_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The loop over shaped rows, on what the engine sent.

func TestMembersAreDecodedAsTheyWereInserted(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	for _, rows := range []int{1, 2, 50} {
		var m hand.Member
		got, err := hand.DecodeMembers(set[record.MembersShaped.Key].Block(rows), &m)
		require.NoError(t, err)
		require.Equal(t, rows, got)
		want := record.MakeMember(rows)
		require.Equal(t, hand.Member{
			ID: fmt.Sprintf("member:%d", want.ID), Name: want.Name, City: want.City,
			Token: fmt.Sprintf("%x-%x-%x-%x-%x", want.Token[:4], want.Token[4:6], want.Token[6:8], want.Token[8:10], want.Token[10:]),
			Age:   int64(want.Age), Score: want.Score, Active: want.Active, Created: want.Created,
		}, m)
	}
	_, err = hand.DecodeMembers(set[record.MemberShaped.Key].Block(1), new(hand.Member))
	require.Error(t, err)
}

func BenchmarkDecodeMembers(b *testing.B) {
	set, err := record.Stored()
	require.NoError(b, err)
	block, m := set[record.MembersShaped.Key].Block(1_000), new(hand.Member)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hand.DecodeMembers(block, m); err != nil {
			b.Fatal(err)
		}
	}
}
