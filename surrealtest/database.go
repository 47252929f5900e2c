package surrealtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
)

// The database of a test: a namespace of its own, made before the test and removed
// after it.

const (
	// provisionTimeout bounds the making and the removal of a test's database.
	provisionTimeout = 30 * time.Second
	// provisionAttempts is how often they are tried where tests that do the same
	// at once conflict: the namespaces of all are one key range.
	provisionAttempts = 20
)

// ownDatabase makes a namespace and a database for a test and removes them after
// it. It returns their DSN.
func ownDatabase(t testing.TB, server *surrealsql.Config) string {
	t.Helper()
	ns, db := "test_"+strings.ToLower(rand.Text()[:12]), databaseName(t.Name())
	// Identifiers made of a-z, 0-9 and _ need no quotes, but "1" does.
	define := fmt.Sprintf("DEFINE NAMESPACE IF NOT EXISTS `%s`; USE NS `%s`; "+
		"DEFINE DATABASE IF NOT EXISTS `%s`", ns, ns, db)
	if err := administer(server, define); err != nil {
		t.Fatalf("surrealtest: make a database for the test: %v", err)
	}
	t.Cleanup(func() {
		err := administer(server, fmt.Sprintf("REMOVE NAMESPACE IF EXISTS `%s`", ns))
		// A server that the test stopped keeps its data or has lost them.
		if err != nil && !surrealsql.IsConnectivity(err) {
			t.Errorf("surrealtest: remove the test's database: %v", err)
		}
	})
	cfg := server.Clone()
	cfg.Namespace, cfg.Database = ns, db
	return cfg.FormatDSN()
}

// administer runs a text outside of any namespace.
func administer(server *surrealsql.Config, text string) error {
	cfg := server.Clone()
	cfg.Namespace, cfg.Database = "", ""
	cfg.ConnectTimeout = provisionTimeout // a server that hashes many passwords at once takes seconds
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), provisionTimeout)
	defer cancel()
	for range provisionAttempts {
		if _, err = db.ExecContext(ctx, text); !surrealsql.IsConflict(err) {
			break
		}
	}
	return err
}

// databaseName makes a test's name a database's.
func databaseName(test string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, test)
}
