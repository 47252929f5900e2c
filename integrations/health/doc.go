// Package surrealhealth answers whether a program lives and whether it is ready, over HTTP,
// for whoever starts it again or sends it requests:
//
//	health := surrealhealth.ForPool(p, surrealhealth.Settings{}) // or ForDB(db, …)
//	mux.Handle("GET /livez", health.Live())
//	mux.Handle("GET /readyz", health.Ready())
//	expvar.Publish("surrealdb", health)
//
// Live says 200 as long as the program answers, and does not ask the database: a program is
// not to be killed because its database is down. Ready asks it, and says 200 or 503, with a
// body of JSON that has words and numbers and no address, name or message:
//
//	{"status":"unavailable","reason":"timeout","checked":"2026-11-27T03:00:00Z","millis":2000,
//	 "pool":{"open":3,"in_use":1,"idle":2,"waiting":0}}
//
// However many ask, one check is under way at a time, and its outcome answers all who ask
// within Settings.Keep of it.
package surrealhealth
