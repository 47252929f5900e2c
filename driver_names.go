//go:build !surrealsql_alias

package surrealsql

// registered are the names that the driver takes.
var registered = []string{DriverName, DriverAlias}
