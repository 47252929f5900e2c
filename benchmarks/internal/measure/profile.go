package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// Profiles of the subjects.

// Profile runs each subject of a group for a slice of time more and writes its CPU
// profile and its allocations into a directory.
func Profile(g *Group, dir string, slice time.Duration) error {
	for _, c := range g.Cases {
		if c.Role != Subject || c.Before != nil {
			continue
		}
		n, err := calibrate(c, slice)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, fmt.Sprintf("%s.%s", g.Key, strings.ReplaceAll(c.Name, " ", "_")))
		if err := profileCPU(c, n, name+".cpu.pprof"); err != nil {
			return err
		}
		if err := profileAllocs(c, max(n/100, 1), name); err != nil {
			return err
		}
	}
	return nil
}

func profileCPU(c Case, n int, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	_, err = c.run(n, nil)
	return err
}

// profileAllocs samples every allocation. The runtime's profile is of all that
// was allocated since the program began, so that what was there before the case
// ran is written too: `go tool pprof -base before.pprof allocs.pprof`.
func profileAllocs(c Case, n int, name string) error {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	if err := writeAllocs(name + ".before.pprof"); err != nil {
		return err
	}
	if _, err := c.run(n, nil); err != nil {
		return err
	}
	return writeAllocs(name + ".allocs.pprof")
}

func writeAllocs(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	runtime.GC() // the profile is as of the last collection but one
	runtime.GC()
	return pprof.Lookup("allocs").WriteTo(f, 0)
}
