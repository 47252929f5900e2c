package shaped_test

import (
	"fmt"
	"strings"
)

// The texts whose answers are recorded, and the tables that they read.

// setup is run once, before the texts.
var setup = []string{
	`DEFINE TABLE kinds SCHEMAFULL;
	DEFINE FIELD b ON kinds TYPE bool; DEFINE FIELD b2 ON kinds TYPE option<bool>; DEFINE FIELD i ON kinds TYPE int; DEFINE FIELD f ON kinds TYPE float;
	DEFINE FIELD dt ON kinds TYPE datetime; DEFINE FIELD du ON kinds TYPE duration; DEFINE FIELD u ON kinds TYPE uuid; DEFINE FIELD s ON kinds TYPE string;
	DEFINE FIELD by ON kinds TYPE bytes; DEFINE FIELD dec ON kinds TYPE decimal; DEFINE FIELD r ON kinds TYPE record<person>; DEFINE FIELD r2 ON kinds TYPE record<person | city>;
	DEFINE FIELD o ON kinds TYPE object; DEFINE FIELD o.x ON kinds TYPE int; DEFINE FIELD o.p ON kinds TYPE option<string>; DEFINE FIELD v ON kinds TYPE any;
	DEFINE FIELD n ON kinds TYPE int | null; DEFINE FIELD on ON kinds TYPE option<int | null>; DEFINE FIELD flex ON kinds TYPE object FLEXIBLE;
	DEFINE FIELD g ON kinds TYPE geometry; DEFINE FIELD st ON kinds TYPE set<int>;
	CREATE kinds:1 SET b = true, b2 = false, i = 9223372036854775807, f = 1.5, dt = d'2024-01-01T00:00:00.000000001Z', du = 1s1ns, u = u'018f7f3e-0000-7000-8000-000000000000',
		s = 'é', by = <bytes>'ab', dec = 1.5dec, r = person:1, r2 = city:a, o = {x: 1, p: 'p'}, v = [1, {a: NONE}], n = 1, on = 1, flex = {a: 1}, g = (1.5, -2.5), st = <set>[1, 2];
	CREATE kinds:2 SET b = false, i = -9223372036854775808, f = -0.0, dt = d'-262143-01-01T00:00:00Z', du = 584942417355y, u = u'00000000-0000-0000-0000-000000000000',
		s = '', by = <bytes>'', dec = 79228162514264337593543950335dec, r = person:['a', 1], r2 = person:1, o = {x: -1}, v = NULL, n = NULL, on = NULL, flex = {}, g = (0, 0), st = <set>[];
	CREATE kinds:3 SET b = true, i = 0, f = 1e300, dt = d'+262142-12-31T23:59:59.999999999Z', du = 0ns, u = u'018f7f3e-0000-7000-8000-000000000001',
		s = 'x', by = <bytes>'x', dec = 0dec, r = person:u'018f7f3e-0000-7000-8000-000000000000', r2 = person:{ a: 1 }, o = {x: 0}, v = 'x', n = 2, flex = {b: {c: 1}}, g = (0, 0), st = <set>[3]`,
	`DEFINE TABLE sized SCHEMAFULL; DEFINE FIELD i8 ON sized TYPE i8; DEFINE FIELD i16 ON sized TYPE i16; DEFINE FIELD i32 ON sized TYPE i32; DEFINE FIELD u8 ON sized TYPE u8;
	DEFINE FIELD u16 ON sized TYPE u16; DEFINE FIELD u32 ON sized TYPE u32; DEFINE FIELD u64 ON sized TYPE u64; DEFINE FIELD f16 ON sized TYPE f16; DEFINE FIELD f32 ON sized TYPE f32;
	CREATE sized:1 SET i8 = -128, i16 = -32768, i32 = -2147483648, u8 = 255, u16 = 65535, u32 = 4294967295, u64 = 18446744073709551615u64, f16 = 1.5, f32 = 0.1;
	CREATE sized:2 SET i8 = 127, i16 = 32767, i32 = 2147483647, u8 = 0, u16 = 0, u32 = 0, u64 = 0, f16 = -65504, f32 = -1e30`,
	`DEFINE TABLE lists SCHEMAFULL; ` + listFields() + `
	CREATE lists:1 SET bool = [true, false], int = [1, -1], float = [1.5, 0.1], datetime = [d'2024-01-01T00:00:00Z', d'+262142-12-31T23:59:59.999999999Z'], duration = [1s, 584942417355y],
		uuid = [u'018f7f3e-0000-7000-8000-000000000000'], string = ['a', '', 'é'], bytes = [<bytes>'a', <bytes>''], decimal = [1.5dec, 0dec], i8 = [-1], i16 = [-1], i32 = [-1],
		u8 = [1], u16 = [1], u32 = [1], u64 = [18446744073709551615u64], f16 = [1.5], f32 = [0.1];
	CREATE lists:2 SET ` + strings.Join(listNames, " = [], ") + ` = []`,
	`CREATE less:1 SET a = 1, b = 'x', c = {d: 1, e: [1]}; CREATE less:two SET a = 'x', z = NULL; CREATE less:u'018f7f3e-0000-7000-8000-000000000000' SET b = 2;
	CREATE less:[1, 'a'] SET c = {d: 'x'}; CREATE less:{a: 1} SET a = NONE, dt = d'+262142-12-31T23:59:59.999999999Z'; CREATE other:1 SET a = 2`,
	// A table that is SCHEMAFULL before it has all its fields takes minutes.
	`DEFINE TABLE widest SCHEMALESS; BEGIN; ` + wideFields(4095) + ` COMMIT`,
	`DEFINE TABLE OVERWRITE widest SCHEMAFULL; CREATE widest:1 SET f0000 = 1, f4094 = 2`,
	`FOR $i IN 0..40 { UPSERT type::record('turns', $i) SET n = $i, v = IF $i % 3 = 0 { $i } ELSE IF $i % 3 = 1 { 'x' } ELSE { NONE } }`,
	`FOR $i IN 0..30 { UPSERT type::record('wild', $i) SET n = $i, o = object::from_entries([['k' + <string>$i, $i]]) }`,
	`DEFINE TABLE live`,
}

// listNames are the types whose lists have a kind of their own.
var listNames = strings.Fields("bool int float datetime duration uuid string bytes decimal i8 i16 i32 u8 u16 u32 u64 f16 f32")

func listFields() (text string) {
	for _, name := range listNames {
		text += fmt.Sprintf("DEFINE FIELD %[1]s ON lists TYPE array<%[1]s>; ", name)
	}
	return text
}

func wideFields(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "DEFINE FIELD f%04d ON widest TYPE option<int>; ", i)
	}
	return text.String()
}

var recordings = []recording{
	{"kinds", queried, "SELECT * FROM kinds"},
	{"kinds-projected", queried, "SELECT id, s, i, on, o.x FROM kinds"},
	{"kinds-omitted", queried, "SELECT *, 1 AS one OMIT v FROM kinds"},
	{"kinds-streamed", streamed, "SELECT * FROM kinds; SELECT s FROM kinds; RETURN 1"},
	{"kinds-by-value", queried, "SELECT VALUE s FROM kinds; SELECT VALUE o FROM kinds; SELECT * FROM ONLY kinds:1"},
	{"sized", queried, "SELECT * FROM sized; SELECT u64, i8, f16 FROM sized"},
	{"lists", queried, "SELECT * FROM lists"},
	{"schemaless", queried, "SELECT * FROM less"},
	{"schemaless-projected", queried, "SELECT id, a, b, c.d FROM less; SELECT a, z FROM less; SELECT id FROM less, other"},
	{"schemaless-streamed", streamed, "SELECT * FROM less, other; SELECT a, dt FROM less"},
	{"shapes-in-turns", queried, "SELECT n, v FROM turns"},
	{"shapes-in-turns-streamed", streamed, "SELECT n, v FROM turns; SELECT v FROM turns"},
	{"too-many-shapes", queried, "SELECT n, o FROM wild"},
	{"widest", queried, "SELECT * FROM widest"},
	{"nothing", queried, "SELECT * FROM kinds WHERE i = 5; RETURN []; DELETE less:nothing"},
	{"no-rows-of-a-table", queried, "RETURN [{}, {}, {}]; RETURN [1, {a: 1}, 'x', NONE, NULL, [1]]; RETURN [{a: NONE}, {a: NULL}, {a: 1}, {}]; RETURN 1; RETURN {a: [{b: 1}]}"},
	{"states", queried, "RETURN [{a: 1, b: 'x'}, {a: NULL, b: NONE}, {b: NULL}, {a: NONE}, {a: 2, b: 'y'}]"},
	{"a-key-too-long-for-a-column", queried, "RETURN [{o: object::from_entries([[string::repeat('k', 65536), 1], ['a', 1]])}]"},
	{"deep", queried, "RETURN [{a: {b: {c: {d: {e: 1}}}, f: 1}}, {a: {b: {c: {d: NONE}}}}]"},
	{"writes", queried, "CREATE made:1 SET a = 1, b = 1.5dec; UPDATE made SET a = NULL, c = [1]; UPDATE made SET n += 1 RETURN DIFF; DELETE made RETURN BEFORE"},
	{"groups", queried, "SELECT count(), math::sum(n) AS sum, array::group(n) AS all FROM turns GROUP ALL; SELECT v, count() FROM turns GROUP BY v"},
	{"live", notified, "CREATE live:1 SET a = 1; UPDATE live:1 SET a = 'x', b = {c: 1}; CREATE live:2 SET a = NULL; UPDATE live:1 CONTENT {}; DELETE live:1; DELETE live:2"},
}
