package surrealql

// reserved are the names of variables that the server gives a meaning of its own;
// an argument cannot stand in for them. It protects access, auth, session and token
// everywhere (3.0.2 to 4.0), and gives the others values where they mean something.
var reserved = map[string]bool{
	"this": true, "self": true, "parent": true, "value": true, "input": true,
	"before": true, "after": true, "event": true, "auth": true, "token": true,
	"session": true, "access": true, "request": true, "reference": true,
}

// ofDefinitions are those of reserved that have a value only within definitions and
// where a live query looks at a change, besides $input in ON DUPLICATE KEY UPDATE, and
// $before and $after in the RETURN clause of a write. Anywhere else, also in the SET and
// WHERE of that write, the server takes NONE for them (3.0.2, 3.3.5 and 4.0.0-beta.1).
var ofDefinitions = map[string]bool{
	"value": true, "event": true, "request": true, "reference": true,
	"input": true, "before": true, "after": true,
}

// IsReserved reports whether the server gives the variable of this name (said
// without its $) a meaning of its own.
func IsReserved(name string) bool { return reserved[name] }
