package surrealtest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The tests on each of several servers. Where SURREALTEST_SERVERS lists more than one, the
// test binary does not run its tests itself: it starts itself once for each server, one
// after the other, with a list of that server alone. A process for each, since what tests
// keep in variables of their packages, an open database or what they learnt of its server,
// is true of one server only.

// each is a test binary's run on several servers.
type each struct {
	self     string   // the binary
	args     []string // its arguments, without its own name
	deadline time.Time
	signals  chan os.Signal
}

// testsOnEach runs the tests on each server and returns the exit code of the first run that
// failed, or 0. A failure does not keep the tests from the other servers, but with -failfast.
func testsOnEach(servers, args []string) int {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintf(os.Stderr, "surrealtest: run the tests on each server: %v\n", err)
		return 1
	}
	e := &each{self: self, args: args, signals: make(chan os.Signal, 1)}
	if limit, err := time.ParseDuration(testFlag(args, "timeout")); err == nil && limit > 0 {
		e.deadline = time.Now().Add(limit)
	}
	signal.Notify(e.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	first := 0
	for i, server := range servers {
		name := fmt.Sprintf("surrealtest: server %d of %d", i+1, len(servers))
		if !e.deadline.IsZero() && time.Now().After(e.deadline) {
			fmt.Printf("%s: NOT TESTED, for want of time: %s\n", name, server)
			first = cmp.Or(first, 1)
			continue
		}
		fmt.Printf("%s: %s\n", name, server)
		code, signalled := e.run(server)
		if code != 0 {
			fmt.Printf("%s: FAILED, with exit code %d\n", name, code)
		}
		first = cmp.Or(first, code)
		if signalled {
			return cmp.Or(first, 1) // the others are not tested
		}
		if code != 0 && testFlag(args, "failfast") == "true" {
			break
		}
	}
	return first
}

// run runs the tests on one server. It reports whether a signal told it to end.
func (e *each) run(server string) (code int, signalled bool) {
	cmd := exec.Command(e.self, e.argsNow()...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), serversVariable+"="+server)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "surrealtest: run the tests on %s: %v\n", server, err)
		return 1, false
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	for {
		select {
		case s := <-e.signals:
			// go test sends it to this process alone, and waits for the goroutines'
			// stacks that the tests' process prints.
			signalled = true
			_ = cmd.Process.Signal(s)
		case <-ended:
			if code = cmd.ProcessState.ExitCode(); code < 0 { // by a signal
				fmt.Fprintf(os.Stderr, "surrealtest: %s\n", cmd.ProcessState)
				code = 1
			}
			return code, signalled
		}
	}
}

// argsNow are the arguments of a run that starts now. The -timeout is for all servers
// together, as go test means it, which kills this process a minute after that. Without a
// log of what the tests looked at, go test keeps no result: the log of one run would not be
// true of the others.
func (e *each) argsNow() []string {
	args := slices.DeleteFunc(slices.Clone(e.args), func(arg string) bool { return isTestFlag(arg, "testlogfile") })
	for i, arg := range args {
		if !e.deadline.IsZero() && isTestFlag(arg, "timeout") {
			args[i] = "-test.timeout=" + max(time.Until(e.deadline), time.Nanosecond).String()
		}
	}
	return args
}

// testFlag is the value of a flag as go test hands it to a test binary, and empty where
// it is not given.
func testFlag(args []string, name string) string {
	for _, arg := range args {
		if isTestFlag(arg, name) {
			_, value, _ := strings.Cut(arg, "=")
			return value
		}
	}
	return ""
}

func isTestFlag(arg, name string) bool { return strings.HasPrefix(arg, "-test."+name+"=") }
