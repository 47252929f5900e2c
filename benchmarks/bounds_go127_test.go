//go:build go1.27 && !purego

package main

// bounds on Go 1.27, where the driver scans into destinations itself.
var bounds = allocationTable{
	oneRow: 6, oneRowCancellable: 12, oneRowPrepared: 9,
	row4: 1.1, row8: 2.1, document: 30, object: 3.2,
	exec: 2, ping: 0,
}
