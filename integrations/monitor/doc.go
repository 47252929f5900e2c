// Package surrealmonitor is a web page that shows a running pool of package pool: what is in
// use, idle and waiting over the last two minutes, the statistics, and leaks with the stack of
// the borrower.
//
//	monitor := surrealmonitor.New(p, surrealmonitor.Settings{Name: "orders"})
//	defer monitor.Close()
//	mux.Handle("/debug/pool/", http.StripPrefix("/debug/pool", monitor))
//
// Whoever reaches the page sees function names and files of the program, and can ask nothing
// else: it belongs where net/http/pprof would be.
package surrealmonitor
