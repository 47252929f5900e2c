//go:build !go1.27

package main

// bounds on Go 1.26, where database/sql has every value boxed.
var bounds = allocationTable{
	oneRow: 12, oneRowCancellable: 17, oneRowPrepared: 15,
	row4: 4.8, row8: 9.8, document: 90, object: 11,
	exec: 4, ping: 0,
}
