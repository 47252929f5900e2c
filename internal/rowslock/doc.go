// Package rowslock lets go of the lock that database/sql holds around a driver's
// ScanColumn, while methods of the program run.
//
// Since Go 1.27 database/sql holds the lock of a connection while ScanColumn runs.
// A destination's own method (Scan, UnmarshalJSON, …) that asks the rows for their
// columns, or the transaction for another query, would wait for that lock for ever;
// with Go 1.26 it was served. So the lock is let go while such a method runs, as
// database/sql itself does where a driver has no ScanColumn, and taken again after it.
//
// database/sql gives no way to do so: who calls ScanColumn holds the lock until Scan
// returns, and what Scan returns must be there by then. So the lock is looked for by
// its name and type, and tried: only where database/sql is seen to hold that lock and
// no other around ScanColumn is it ever touched. Where it is not, or with the build
// tag purego, rows have no ScanColumn, and database/sql scans as it did with Go 1.26.
package rowslock
