package surrealtest

// Stats is what a Server counts at its own end, over all of its ports and since
// its last start.
type Stats struct {
	Open     int `json:"open"`     // WebSocket connections open now
	MaxOpen  int `json:"maxOpen"`  // open at once, at most
	Accepted int `json:"accepted"` // opened in all
	Refused  int `json:"refused"`  // handshakes refused, as for wrong credentials

	Transactions int `json:"transactions"` // begun by connections and not ended yet
	// LiveQueries are those asked for by connections that have not ended. One whose
	// database was removed counts until its connection closes, since the engine does
	// not tell; one that a transaction asked for is not counted.
	LiveQueries int `json:"liveQueries"`
}
