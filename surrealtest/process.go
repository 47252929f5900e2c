package surrealtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// An engine as a process of its own, and the JSON lines that it is spoken to by.

// stopTimeout is how long an engine may take to end by itself before it is
// killed.
const stopTimeout = 10 * time.Second

// process is a running engine: server.mjs on Node, or a guard and what it guards.
// It takes commands and gives messages as JSON lines on its stdin and stdout, and
// it ends when its stdin does: so it cannot outlive this process.
//
// No goroutine belongs to it: what it writes to stderr goes to a file, and its
// stdout is read only for a reply that was asked for. Programs that check for
// leaked goroutines find none.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	encode *json.Encoder
	decode *json.Decoder
	stderr *os.File
	lastID int

	addresses []string
	version   string
	guarded   bool // it is a guard, which passes on a kill
}

// running holds the processes that run. Were one garbage because its Server is
// forgotten, its stdin would be closed by a finalizer, and the engine would end
// although connections use it.
var running sync.Map // *process → nothing

// command is a line that an engine reads.
type command struct {
	ID int    `json:"id"`
	Op string `json:"op"`
}

// message is a line that an engine writes.
type message struct {
	ID    int        `json:"id,omitempty"`
	Error string     `json:"error,omitempty"`
	Stats *Stats     `json:"stats,omitempty"`
	Ready *readiness `json:"ready,omitempty"`
}

// readiness is an engine's first message.
type readiness struct {
	Addresses []string `json:"addresses"`
	Version   string   `json:"version,omitempty"`
}

// startProcess starts an engine and waits until it is ready.
func startProcess(ctx context.Context, cmd *exec.Cmd, guarded bool) (*process, error) {
	stderr, err := os.CreateTemp("", "surrealtest-*.log")
	if err != nil {
		return nil, fmt.Errorf("surrealtest: start %s: %w", cmd.Path, err)
	}
	// Where an open file can be removed it is gone with the last process that has it.
	_ = os.Remove(stderr.Name())
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		_ = stderr.Close()
		return nil, fmt.Errorf("surrealtest: start %s: %w", cmd.Path, err)
	}
	p := &process{
		cmd: cmd, guarded: guarded, stderr: stderr,
		stdin: stdin, encode: json.NewEncoder(stdin), decode: json.NewDecoder(bufio.NewReader(stdout)),
	}
	running.Store(p, nil)
	if err := p.awaitReady(ctx); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *process) awaitReady(ctx context.Context) error {
	// The end of the process ends the read below.
	disarm := context.AfterFunc(ctx, p.sendKill)
	defer disarm()
	var m message
	err := p.decode.Decode(&m)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("surrealtest: %s was not ready in time: %w%s", p.cmd.Path, ctxerr.Of(ctx), p.stderrTail())
	case err != nil:
		return fmt.Errorf("surrealtest: %s ended before it was ready: %w%s", p.cmd.Path, err, p.stderrTail())
	case m.Ready == nil:
		return fmt.Errorf("surrealtest: %s could not start: %s%s", p.cmd.Path, m.Error, p.stderrTail())
	}
	p.addresses, p.version = m.Ready.Addresses, m.Ready.Version
	return nil
}

// ask sends a command and reads its reply. It is not safe for concurrent use.
func (p *process) ask(op string) (message, error) {
	p.lastID++
	if err := p.encode.Encode(command{ID: p.lastID, Op: op}); err != nil {
		return message{}, fmt.Errorf("surrealtest: the engine is gone: %w%s", err, p.stderrTail())
	}
	var m message
	if err := p.decode.Decode(&m); err != nil {
		return message{}, fmt.Errorf("surrealtest: the engine is gone: %w%s", err, p.stderrTail())
	}
	if m.Error != "" {
		return m, errors.New("surrealtest: " + m.Error)
	}
	return m, nil
}

// stop ends the engine in good order: what it holds is on disk afterwards.
func (p *process) stop() error {
	timer := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.encode.Encode(command{Op: "stop"}) // an engine that is gone has stopped
	_ = p.stdin.Close()
	var last message // of a guard whose program had ended
	_ = p.decode.Decode(&last)
	err := p.wait()
	if err != nil && last.Error != "" {
		err = fmt.Errorf("surrealtest: the engine has ended: %s: %w", last.Error, err)
	}
	return err
}

// kill ends the engine as a crash would.
func (p *process) kill() {
	timer := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	p.sendKill()
	_ = p.wait()
}

// sendKill kills the engine and does not wait for its end. A guard is told to do
// it, since its own death would leave what it guards.
func (p *process) sendKill() {
	if !p.guarded || p.encode.Encode(command{Op: "kill"}) != nil {
		_ = p.cmd.Process.Kill()
	}
}

// wait collects the process and what belongs to it.
func (p *process) wait() error {
	err := p.cmd.Wait()
	running.Delete(p)
	if err != nil {
		err = fmt.Errorf("surrealtest: %s: %w%s", p.cmd.Path, err, p.stderrTail())
	}
	return errors.Join(err, p.stderr.Close())
}

// stderrTail is the end of what the engine wrote to stderr, for an error's text.
func (p *process) stderrTail() string {
	const most = 4 << 10
	size, err := p.stderr.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	tail := make([]byte, min(size, most))
	n, _ := p.stderr.ReadAt(tail, size-int64(len(tail)))
	if text := strings.TrimSpace(string(tail[:n])); text != "" {
		return "\nit said: " + text
	}
	return ""
}
