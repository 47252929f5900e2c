//go:build !go1.27 || purego

package main

// bounds on Go 1.26, where database/sql has every value boxed: a row's values share
// their boxes with those of 31 others.
var bounds = allocationTable{
	oneRow: 7, oneRowCancellable: 13, oneRowPrepared: 10,
	row4: 1.2, row8: 2.3, document: 50, object: 3.2,
	exec: 2, ping: 0,
}
