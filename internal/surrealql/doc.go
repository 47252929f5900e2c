// Package surrealql reads SurrealQL texts as far as a driver must: which
// placeholders a text has, what its statements are and whether they may write,
// which columns they answer in which order, and where a RETURN clause belongs.
//
// It is a lexer and a tolerant walk over the grammar, not a parser: no tree is
// built and no text is refused. What it cannot follow it skips to the end of
// the statement, and answers carefully: such a statement keeps its own RETURN,
// and words that would begin a writing statement count as one.
//
//	q := surrealql.Analyze("SELECT name, count() FROM person WHERE age > $1 GROUP BY name")
//	q.Rewritten                  // … age > $_1 …
//	q.Ordinals                   // 1
//	q.Statements[0].Projection   // columns name, count
//
// The files stand on floors, which floors_test.go keeps: tokens and the lexer; what a
// Query answers (statement.go, projection.go, resolve.go and their like); the cursor,
// and what is kept of an expression; the grammar in parser.go and parse_*.go; and
// Analyze on top.
//
// The rules are those of the server's lexer and parser, read in its source
// (3.0.2 and newer, 2.6) and measured on the embedded engine 3.0.2; each comment
// says which. The keys that the engine gave to a few hundred projections are
// test data of this package.
//
// A Query does not change once it is made and may be used by many goroutines.
package surrealql
