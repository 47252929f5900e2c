package limiter

import "context"

// Priority is how urgent a call is to a [Limiter]. The zero value is Normal.
type Priority int8

// The priorities. Values between or beyond them count as the nearest of these.
const (
	Background Priority = -1 // waits for all others: imports, reports
	Normal     Priority = 0
	Critical   Priority = 1 // goes before all others: health checks, payments
)

// String returns the priority's name.
func (p Priority) String() string {
	return [...]string{"background", "normal", "critical"}[p.rank()]
}

// rank is 0, 1 or 2, ascending.
func (p Priority) rank() int { return int(min(max(p, Background), Critical)) + 1 }

type priorityKey struct{}

// WithPriority returns a context whose calls have the priority.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf returns the priority that [WithPriority] gave the context, or Normal.
func PriorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	return p
}
