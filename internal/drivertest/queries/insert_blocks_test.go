package queries

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Lists of many objects in one argument, which go as a block of rows to SurrealDB 4.0, and
// mean there what they mean as an array.

type reading struct {
	ID      surrealsql.RecordID `json:"id"`
	Name    string              `json:"name"`
	Value   float64             `json:"value"`
	Count   int                 `json:"count"`
	Small   int8                `json:"small"`
	Large   uint64              `json:"large"`
	Good    bool                `json:"good"`
	At      time.Time           `json:"at"`
	Took    time.Duration       `json:"took"`
	Device  [16]byte            `json:"device"`
	Raw     []byte              `json:"raw"`
	Note    *string             `json:"note"`
	Price   surrealsql.Decimal  `json:"price"`
	Tags    []string            `json:"tags"`
	Place   map[string]any      `json:"place"`
	Left    string              `json:"left,omitempty"`
	Missing any                 `json:"missing"`
}

func readings(n int) []reading {
	note := "a note"
	all := make([]reading, n)
	for i := range all {
		all[i] = reading{
			surrealsql.RecordID(fmt.Sprintf("r:%d", i)), fmt.Sprint("é ", i), float64(i) / 3, i, int8(i), uint64(i) << 40, i%2 == 0, time.Unix(int64(i)*1e7, int64(i)).UTC(), time.Duration(i) * time.Second,
			[16]byte{byte(i), 15: 1}, []byte{byte(i)}, []*string{&note, nil}[i%2], "1.5", []string{"a", "b"}[:i%3], map[string]any{"x": i, "y": nil}, []string{"", "left"}[i%2], surrealsql.None,
		}
	}
	return all
}

// listsOf are many records in the forms that go as a block.
func listsOf(n int) map[string]any {
	structs := readings(n)
	pointers, maps := make([]*reading, n), make([]map[string]any, n)
	for i := range structs {
		pointers[i] = &structs[i]
		maps[i] = map[string]any{"id": structs[i].ID, "name": structs[i].Name, "count": i, "value": 0.5, "good": true, "at": structs[i].At, "mixed": []any{i, "x", nil}[i%3]}
	}
	return map[string]any{"structs": structs, "pointers": pointers, "maps": maps}
}

func TestManyRecordsInOneArgumentAreTheSameByEveryProtocol(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	for name, list := range listsOf(100) {
		for _, sized := range []bool{false, true} {
			var want []string
			for _, protocol := range []surrealsql.Protocol{surrealsql.ProtocolCBOR, surrealsql.ProtocolCBOR2, surrealsql.ProtocolShaped} {
				if sized && protocol == surrealsql.ProtocolCBOR {
					continue
				}
				db := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.Protocol, cfg.SizedNumbers = protocol, sized })
				drivertest.MustExec(t, db, "INSERT INTO r $1", list)
				var got []string
				for _, text := range []string{
					"SELECT * FROM r ORDER BY id", "RETURN $1", "RETURN type::of($1)", "RETURN array::len($1)", "FOR $row IN $1 { CREATE copy CONTENT $row }; SELECT * OMIT id FROM copy ORDER BY count", "SELECT name, count FROM $1 WHERE good",
				} {
					var args []any
					if strings.Contains(text, "$1") {
						args = []any{list}
					}
					sets, err := drivertest.ResultSets(t, db, text, args...)
					require.NoError(t, err, text)
					got = append(got, sets...)
				}
				if want == nil {
					want = got
				}
				require.Equal(t, want, got, "%s by %s", name, protocol)
			}
		}
	}
}

func TestManyRecordsInOneArgumentTakeFewerBytesIn40(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	sent := map[surrealsql.Protocol]int64{}
	for _, protocol := range []surrealsql.Protocol{surrealsql.ProtocolCBOR2, surrealsql.ProtocolShaped} {
		db, proxy := drivertest.Proxied(t, func(cfg *surrealsql.Config) { cfg.Protocol = protocol })
		require.NoError(t, drivertest.Lease(t, db).Close()) // connected
		before := proxy.Stats().BytesToServer
		require.Equal(t, 1000, drivertest.QueryOne[int](t, db, "RETURN array::len($1)", readings(1000)))
		sent[protocol] = proxy.Stats().BytesToServer - before
	}
	require.Less(t, 10*sent[surrealsql.ProtocolShaped], 9*sent[surrealsql.ProtocolCBOR2])
}

// The server bounds what the blocks of a request may expand to: none that the driver makes
// is beyond that, whatever the names and types are.
func TestManyRecordsOfOddShapesAreTakenByTheServer(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.Protocol = surrealsql.ProtocolShaped })
	for _, name := range []int{1, 30, 33, 60, 300} {
		for _, fields := range []int{1, 40} {
			for _, typ := range []reflect.Type{reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[*int]()} {
				var all []reflect.StructField
				for i := range fields {
					tag := reflect.StructTag([]string{"", `json:",omitempty"`}[i%2])
					all = append(all, reflect.StructField{Name: fmt.Sprintf("F%02d%s", i, strings.Repeat("x", name)), Type: typ, Tag: tag})
				}
				n := 20_000 / fields
				list := reflect.MakeSlice(reflect.SliceOf(reflect.StructOf(all)), n, n).Interface()
				require.Equal(t, n, drivertest.QueryOne[int](t, db, "RETURN array::len($1)", list), "%d fields of %s with names of %d bytes", fields, typ, name)
			}
		}
	}
}

func TestErrorInOneOfManyRecordsSaysWhereItLies(t *testing.T) {
	t.Parallel()
	list := readings(20)
	list[7].Name = "\xff"
	for _, v := range []any{list, slices.Repeat([]map[string]any{{"name": "\xff"}}, 20)} {
		err := drivertest.Exec(t.Context(), drivertest.NewDB(t), "INSERT INTO r $1", v)
		require.ErrorContains(t, err, "].name: the string is not UTF-8")
	}
	_, err := drivertest.NewDB(t).ExecContext(t.Context(), "INSERT INTO r $rows", sql.Named("rows", list))
	require.ErrorContains(t, err, "$rows: [7].name: ")
}
