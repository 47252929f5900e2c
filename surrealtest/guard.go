package surrealtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// The guard of an engine. The program surreal and a container do not end when the
// process that started them is killed, so they get a guard: this same executable,
// started with guardVariable set, which starts the program, speaks the protocol of
// process for it, and ends it when its own stdin ends. Being part of this
// executable it needs no shell and works on every system.

// guardVariable holds a guardSpec in JSON.
const guardVariable = "SURREALTEST_GUARD"

// guardSpec is what a guard starts.
type guardSpec struct {
	Command []string `json:"command"`
	Address string   `json:"address"` // where it will serve
	Cleanup []string `json:"cleanup,omitempty"`

	env []string // what the program has beside this process's environment
}

// startGuarded starts a guard and waits until what it guards serves.
func startGuarded(ctx context.Context, spec guardSpec) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("surrealtest: start a guard: %w", err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = slices.Concat(os.Environ(), spec.env, []string{guardVariable + "=" + string(text)})
	p, err := startProcess(ctx, cmd, true)
	if err != nil {
		return nil, fmt.Errorf("%w\nstarted was: %q", err, spec.Command)
	}
	return p, nil
}

// guard is the guard's own side: what the program it started does.
type guard struct {
	spec   guardSpec
	cmd    *exec.Cmd
	exited chan struct{} // closed when the program has ended
	out    *json.Encoder
}

func runGuard(text string, in io.Reader, out io.Writer) (status int) {
	g := &guard{exited: make(chan struct{}), out: json.NewEncoder(out)}
	if err := json.Unmarshal([]byte(text), &g.spec); err != nil {
		return g.fail(err)
	}
	if err := os.Unsetenv(guardVariable); err != nil {
		return g.fail(err)
	}
	// Ctrl-C reaches the guard too; it waits for its stdin to end instead. The
	// program gets the signal's default back.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	g.cmd = exec.Command(g.spec.Command[0], g.spec.Command[1:]...)
	g.cmd.Stdout, g.cmd.Stderr = os.Stderr, os.Stderr
	if err := g.cmd.Start(); err != nil {
		return g.fail(err)
	}
	go func() {
		_ = g.cmd.Wait()
		close(g.exited)
	}()
	commands := make(chan command)
	go readCommands(in, commands)
	return g.run(commands)
}

// readCommands closes the channel at the end of the input.
func readCommands(in io.Reader, commands chan<- command) {
	defer close(commands)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var c command
		if json.Unmarshal(lines.Bytes(), &c) == nil {
			commands <- c
		}
	}
}

func (g *guard) run(commands <-chan command) int {
	defer g.cleanUp()
	ready := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { ready <- awaitHealth(ctx, g.spec.Address) }()
	for {
		select {
		case err := <-ready:
			if err != nil {
				g.kill()
				return g.fail(err)
			}
			g.send(message{Ready: &readiness{
				Addresses: []string{g.spec.Address},
				Version:   versionAt(ctx, g.spec.Address),
			}})
		case <-g.exited:
			return g.fail(fmt.Errorf("%s: %s", g.spec.Command[0], g.cmd.ProcessState))
		case c, more := <-commands:
			switch {
			case !more, c.Op == "stop":
				g.stop()
				return 0
			case c.Op == "kill":
				g.kill()
				return 0
			default:
				g.send(message{ID: c.ID, Error: fmt.Sprintf("no %s from this engine: "+
					"only the %s engine counts its connections", c.Op, EngineNPM)})
			}
		}
	}
}

func (g *guard) stop() {
	if runtime.GOOS == "windows" { // has no such signal
		g.kill()
		return
	}
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.exited:
	case <-time.After(stopTimeout * 8 / 10): // before the guard is killed itself
		g.kill()
	}
}

func (g *guard) kill() {
	_ = g.cmd.Process.Kill()
	<-g.exited
}

func (g *guard) cleanUp() {
	if c := g.spec.Cleanup; len(c) > 0 {
		_ = exec.Command(c[0], c[1:]...).Run()
	}
}

func (g *guard) send(m message) { _ = g.out.Encode(m) }

func (g *guard) fail(err error) int {
	g.send(message{Error: err.Error()})
	return 1
}

// awaitHealth returns when a SurrealDB server answers at the address.
func awaitHealth(ctx context.Context, address string) error {
	for {
		if _, err := get(ctx, "http://"+address+"/health"); err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// versionAt asks a server for its version, which is empty where it keeps it to itself.
func versionAt(ctx context.Context, address string) string {
	version, err := get(ctx, "http://"+address+"/version")
	if err != nil {
		return ""
	}
	return version
}

func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	request.Close = true // a guard keeps no idle connection to its program
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(response.Status))
	}
	return string(body), err
}
