package ws

// Most systems tell what lies in a socket without reading it. Each build has a peeker that
// does so, or says that it cannot.

// peekState is what a peeker saw in its socket.
type peekState int

const (
	empty    peekState = iota // nothing to read, and nothing wrong
	readable                  // bytes to read
	unknown                   // cannot be told without reading
)
