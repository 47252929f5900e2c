package surrealscs

import (
	"context"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Expired sessions are not found; that their records go is a matter of room.

// DeleteExpired deletes the sessions that have expired. It is what is done at each
// [Options].CleanupInterval.
func (s *Store) DeleteExpired(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `DELETE $1 WHERE expires <= time::now() RETURN NONE`, s.table)
	return err
}

func (s *Store) cleanUp(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.DeleteExpired(ctx)
		// In a conflict another process deletes the same sessions.
		if err != nil && ctx.Err() == nil && !surrealsql.IsConflict(err) {
			s.logger.LogAttrs(ctx, slog.LevelWarn, "surrealscs: deleting expired sessions", slog.String("table", string(s.table)), slog.Any("err", err))
		}
	}
}
