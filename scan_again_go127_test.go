//go:build go1.27 && !purego

package surrealsql

func init() {
	fills["Scan"] = func(raw []byte, dest any) error { return scanBytes(raw, dest) }
	fills["Scan of Into"] = func(raw []byte, dest any) error { return scanBytes(raw, Into(dest)) }
}

// scanBytes scans a value as ScanColumn does.
func scanBytes(raw []byte, dest any) error {
	if quick(raw, dest) {
		return nil
	}
	var c column
	c.d.Reset(raw)
	return c.scan(noContext, dest)
}
