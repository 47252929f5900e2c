package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// The server in a process of its own.

// A server in a process of its own is this same executable, started with
// processVariable set: it reads the reply from its stdin, writes where it
// serves it to its stdout, and ends when its stdin does, which it does however
// its parent ends.
const processVariable = "SURREALSQL_BENCHMARKS_REPLAY"

// Process is a running server process.
type Process struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
}

// Start starts a server that answers every query with the reply, in a process of
// its own. This program must call [ServeIfChild] first thing in main, and in
// TestMain.
func Start(reply *Reply) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), processVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("replay: start a server process: %w", err)
	}
	p := &Process{cmd: cmd, stdin: stdin}
	err = json.NewEncoder(stdin).Encode(reply)
	if err == nil {
		err = json.NewDecoder(stdout).Decode(&p.addr)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("replay: start a server process: %w", err), p.Close())
	}
	return p, nil
}

// Addr is the host and port that it serves.
func (p *Process) Addr() string { return p.addr }

// Close ends the process.
func (p *Process) Close() error {
	return errors.Join(p.stdin.Close(), p.cmd.Wait())
}

// ServeIfChild serves and does not return where this process was made by
// [Start].
func ServeIfChild() {
	if os.Getenv(processVariable) == "" {
		return
	}
	if err := serveStdin(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveStdin(in io.Reader, out io.Writer) error {
	reply := new(Reply)
	if err := json.NewDecoder(in).Decode(reply); err != nil {
		return err
	}
	s, err := Listen(reply)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(s.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return errors.Join(err, s.Close())
}
