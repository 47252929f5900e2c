//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package hand

// Peek does nothing: only reading tells here.
func (c *Client) Peek() error { return nil }
