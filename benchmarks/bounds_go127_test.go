//go:build go1.27 && !purego

package main

// bounds on Go 1.27, where the driver scans into destinations itself.
var bounds = allocationTable{
	oneRow: 6, oneRowCancellable: 12, oneRowPrepared: 9,
	row4: 1.1, row8: 2.1, document: 7, object: 3.2,
	member: 4.02, memberShaped: 0.35, // by shaped short texts share their bytes
	exec: 2, ping: 0,
	documentByAll: 4.8,
	record:        0.4, // its short texts share their bytes with those of other records
}
