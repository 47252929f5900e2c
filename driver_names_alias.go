//go:build surrealsql_alias

package surrealsql

// registered is the name that the driver takes where another one is to have "surrealdb".
var registered = []string{DriverAlias}
