//go:build unix

package surrealtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The programs surreal and docker of these tests are stand-ins: shell scripts
// that note their arguments and serve by the npm engine. What is shown is the
// command lines, the guard, and what happens when a program fails; not the real
// programs.

// standInServe makes a shell script the npm engine, at $bind and with $store. A
// pipe that is open at both ends keeps its stdin from ending.
const standInServe = `
mkfifo "$record/stdin.$$"
exec %s %s/server.mjs "{\"listen\":[\"$bind\"],\"datastore\":\"$store\"}" 0<>"$record/stdin.$$"
`

// standInOnPath puts a program alone on PATH, for this test, and returns where it
// notes its arguments. It runs with /bin for what scripts need.
func standInOnPath(t *testing.T, name, script string) (record string) {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err)
	l, err := newNPM(t.Context(), Options{installing: os.Stderr})
	require.NoError(t, err)
	dir, err := l.(*npm).installer.install(t.Context())
	require.NoError(t, err)
	bin, record := t.TempDir(), t.TempDir()
	script = fmt.Sprintf("PATH=/bin:/usr/bin\nrecord=%s\necho \"$@\" >> $record/args\n%s", record, script) +
		fmt.Sprintf(standInServe, node, dir)
	writeScript(t, filepath.Join(bin, name), script)
	t.Setenv("PATH", bin)
	t.Setenv(serversVariable, "") // which would name another
	return record
}

func argsOf(t testing.TB, record string) []string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(record, "args"))
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(log)), "\n")
}

const surrealScript = `
if [ "$1 $3" = "db --help" ]; then exit %d; fi
if [ "$1" = db ]; then shift; fi
while [ $# -gt 1 ]; do if [ "$1" = --bind ]; then bind=$2; fi; shift; done
case $1 in memory) store=mem://;; *) store=$1;; esac
`

func TestSurrealOnPathServes(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		start  string
	}{
		"the older program":  {2, "start"},
		"the newer launcher": {0, "db start"},
	} {
		t.Run(name, func(t *testing.T) {
			record := standInOnPath(t, "surreal", fmt.Sprintf(surrealScript, c.status))
			s := New(t, Options{})
			require.NoError(t, open(t, s.TestDSN(t)).Ping())
			require.Equal(t, []string{
				"db start --help",
				c.start + " --no-banner --log error --user root --pass root --bind " + s.Addr(0) + " memory",
			}, argsOf(t, record))
			_, err := s.Stats()
			require.ErrorContains(t, err, "only the npm engine counts")
			require.NoError(t, s.Close())
			require.ErrorContains(t, open(t, s.DSN()).Ping(), "refused")
		})
	}
}

func TestSurrealKeepsItsDataOverARestart(t *testing.T) {
	record := standInOnPath(t, "surreal", fmt.Sprintf(surrealScript, 2))
	path := filepath.Join(t.TempDir(), "data")
	s := New(t, Options{Path: path})
	db := open(t, s.DSN()+"/kept/main")
	_, err := db.Exec("CREATE person:1")
	require.NoError(t, err)
	before := s.Addr(0)
	s.Kill()
	require.Error(t, db.Ping())
	require.NoError(t, s.Restart(t.Context()))
	require.Equal(t, before, s.Addr(0))
	var n int
	require.NoError(t, db.QueryRow("RETURN count(SELECT * FROM person)").Scan(&n))
	require.Equal(t, 1, n)
	require.Contains(t, argsOf(t, record)[1], " surrealkv://"+path)
}

func TestSurrealThatFailsSaysWhy(t *testing.T) {
	standInOnPath(t, "surreal", "[ \"$1\" = start ] || exit 2; echo 'unexpected argument' >&2; exit 3")
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "unexpected argument")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "surreal\" \"start\"", "the command is named")
	require.ErrorContains(t, err, "install Node", "and what else there could be")
}

func TestSurrealThatFailsIsFollowedByTheNextEngine(t *testing.T) {
	path := os.Getenv("PATH")
	standInOnPath(t, "surreal", "exit 3")
	t.Setenv("PATH", os.Getenv("PATH")+":"+path)
	var said strings.Builder
	s, err := Start(t.Context(), Options{Output: &said})
	require.NoError(t, err)
	defer s.Close()
	require.Contains(t, said.String(), "the surreal engine does not start")
	_, err = s.Stats()
	require.NoError(t, err, "it is the npm engine")
	require.Contains(t, said.String(), ": the embedded engine, for want of another (", "and says so")
}

func TestPortsThatAreSeveralAreServedByTheNPMEngine(t *testing.T) {
	path := os.Getenv("PATH")
	record := standInOnPath(t, "surreal", fmt.Sprintf(surrealScript, 2))
	t.Setenv("PATH", os.Getenv("PATH")+":"+path)
	New(t, Options{Ports: 2})
	require.NoFileExists(t, filepath.Join(record, "args"))
	_, err := Start(t.Context(), Options{Ports: 2, Engine: EngineBinary})
	require.ErrorContains(t, err, "only the npm engine serves several")
}

func TestSurrealThatIsNamedServesAndNoOther(t *testing.T) {
	record := standInOnPath(t, "surreal", fmt.Sprintf(surrealScript, 2))
	program, err := exec.LookPath("surreal")
	require.NoError(t, err)
	t.Setenv("PATH", "/nowhere")
	s := New(t, Options{Program: program})
	require.NoError(t, open(t, s.TestDSN(t)).Ping())
	require.NoError(t, s.Close())
	require.Len(t, argsOf(t, record), 2)
	for _, named := range []string{program, filepath.Dir(program)} {
		t.Setenv(serversVariable, named)
		s := New(t, Options{})
		require.Equal(t, program, s.engine)
		require.NoError(t, s.Close())
	}
	_, err = Start(t.Context(), Options{Program: program, Engine: EngineNPM})
	require.ErrorContains(t, err, `only "surreal" has one`)
	_, err = Start(t.Context(), Options{Program: "/nowhere/surreal"})
	require.ErrorContains(t, err, "/nowhere/surreal")
	require.NotContains(t, err.Error(), "npm", "no other is tried")
}

func TestSurrealEndsWithAKilledTestBinary(t *testing.T) {
	standInOnPath(t, "surreal", fmt.Sprintf(surrealScript, 2))
	killHelperWhileServing(t)
}

// The stand-in for docker starts what a container would hold, and ends it by
// its name.
const dockerScript = `
case $1 in
version) if [ -e $record/down ]; then echo no daemon >&2; exit 1; fi; echo 27.0; exit 0;;
rm) kill -9 $(cat $record/$3) 2>/dev/null; exit 0;;
esac
store=mem://
while [ $# -gt 1 ]; do
	case $1 in
	--name) echo $$ > $record/$2;;
	--publish) bind=${2%:8000};;
	--volume) store=surrealkv://${2%:/data}/db;;
	esac
	shift
done
`

func TestDockerServesWhereNothingElseIs(t *testing.T) {
	record := standInOnPath(t, "docker", dockerScript)
	t.Setenv("SURREAL_LOG", "error")
	s := New(t, Options{Env: []string{"SURREAL_QUERY_TIMEOUT=1m", "OTHER=x"}})
	require.NoError(t, open(t, s.TestDSN(t)).Ping())
	args := argsOf(t, record)
	require.Equal(t, "version --format {{.Server.Version}}", args[0])
	require.Regexp(t, "^run --rm --name surrealtest-[a-z0-9]+ --publish "+s.Addr(0)+":8000 .*--env SURREAL_LOG .*--env SURREAL_QUERY_TIMEOUT surrealdb/surrealdb:latest "+
		"start --no-banner --log error --user root --pass root --bind 0.0.0.0:8000 memory$", args[1])
	require.NoError(t, s.Close())
	args = argsOf(t, record)
	require.Regexp(t, "^rm --force surrealtest-[a-z0-9]+$", args[len(args)-1])
}

func TestDockerKeepsItsDataInADirectoryOfOurs(t *testing.T) {
	record := standInOnPath(t, "docker", dockerScript)
	path := filepath.Join(t.TempDir(), "data")
	s := New(t, Options{Path: path})
	db := open(t, s.DSN()+"/kept/main")
	_, err := db.Exec("CREATE person:1")
	require.NoError(t, err)
	s.Kill()
	require.NoError(t, s.Restart(t.Context()))
	var n int
	require.NoError(t, db.QueryRow("RETURN count(SELECT * FROM person)").Scan(&n))
	require.Equal(t, 1, n)
	require.Contains(t, argsOf(t, record)[1], fmt.Sprintf("--volume %s:/data --user %d:%d ", path, os.Getuid(), os.Getgid()))
	require.Contains(t, argsOf(t, record)[1], " surrealkv:///data/db")
}

func TestDockerWithoutADaemonIsNoEngine(t *testing.T) {
	record := standInOnPath(t, "docker", dockerScript)
	require.NoError(t, os.WriteFile(filepath.Join(record, "down"), nil, 0o644))
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "its daemon does not answer")
	require.ErrorContains(t, err, "no daemon")
}

func TestUnknownEngineIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Engine: "sqlite"})
	require.ErrorContains(t, err, `unknown engine "sqlite": expected "surreal", "npm" or "docker"`)
}
