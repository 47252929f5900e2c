//go:build !go1.27 || purego

package main

// bounds on Go 1.26, where database/sql has every value boxed: a row's values share
// their boxes with those of 31 others.
var bounds = allocationTable{
	oneRow: 7, oneRowCancellable: 13, oneRowPrepared: 10,
	row4: 1.2, row8: 2.3, document: 50, object: 3.2,
	member: 5.25, memberShaped: 0.55, // by shaped short texts share their bytes
	exec: 2, ping: 0,
	documentByAll: 4.8,
	record:        0.4, // its short texts share their bytes with those of other records
}
