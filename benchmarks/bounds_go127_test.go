//go:build go1.27

package main

// bounds on Go 1.27, where the driver scans into destinations itself.
var bounds = allocationTable{
	oneRow: 12, oneRowCancellable: 17, oneRowPrepared: 15,
	row4: 1.1, row8: 2.1, document: 30, object: 11,
	exec: 4, ping: 0,
}
