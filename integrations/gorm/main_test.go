package surrealgorm

// What the tests stand on: an engine for all of them, and an empty database for each.

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// GORM's cache of prepared statements has a goroutine that nothing ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

// newDB is an empty database through GORM.
func newDB(t *testing.T, models ...any) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(Open(surrealtest.DSN(t)), &gorm.Config{
		TranslateError: true, Logger: logger.Default.LogMode(logger.Silent),
	})
	require.NoError(t, err)
	conn, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	if len(models) > 0 {
		require.NoError(t, db.AutoMigrate(models...))
	}
	return db
}
