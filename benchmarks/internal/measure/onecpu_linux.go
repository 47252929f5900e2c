package measure

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// One CPU for client and server, by the affinity of all threads.

// cpus is a set of CPUs as the kernel takes it.
type cpus [16]uint64

// OneCPU moves this process, and all that it starts, to one CPU until undo is called.
// Where client and server take turns on one CPU no idle one has to be woken for each
// message, which on virtual machines takes longer than the work and varies much more.
func OneCPU() (undo func() error, err error) {
	var all, one cpus
	_, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY,
		0, unsafe.Sizeof(all), uintptr(unsafe.Pointer(&all)))
	if failed != 0 {
		return nil, fmt.Errorf("which CPUs there are: %w", failed)
	}
	for i, word := range all {
		if word != 0 {
			one[i] = word & -word // the lowest of its bits
			break
		}
	}
	procs := runtime.GOMAXPROCS(1)
	undo = func() error {
		runtime.GOMAXPROCS(procs)
		return pin(all)
	}
	if err := pin(one); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}

// pin sets the CPUs of all threads. Those that are started later have their parent's.
func pin(to cpus) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		_, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY,
			uintptr(id), unsafe.Sizeof(to), uintptr(unsafe.Pointer(&to)))
		if failed != 0 && failed != syscall.ESRCH { // it has ended
			return fmt.Errorf("move thread %d to other CPUs: %w", id, failed)
		}
	}
	return nil
}
