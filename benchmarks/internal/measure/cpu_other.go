//go:build !unix

package measure

import "time"

// cpuTime is not known here; reports say 0.
func cpuTime() time.Duration { return 0 }
