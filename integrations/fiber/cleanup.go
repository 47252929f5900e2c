package surrealfiber

import (
	"context"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Expired values are not found; that their records go is a matter of room.

// DeleteExpired deletes the values that have expired. It is what is done at each
// [Options].CleanupInterval.
func (s *Storage) DeleteExpired(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `DELETE $1 WHERE expires != NONE AND expires <= time::now() RETURN NONE`, s.table)
	return err
}

func (s *Storage) cleanUp(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.DeleteExpired(ctx)
		// In a conflict another process deletes the same values.
		if err != nil && ctx.Err() == nil && !surrealsql.IsConflict(err) {
			s.logger.LogAttrs(ctx, slog.LevelWarn, "surrealfiber: deleting expired values", slog.String("table", string(s.table)), slog.Any("err", err))
		}
	}
}
