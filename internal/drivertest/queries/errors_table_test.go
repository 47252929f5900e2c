package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The table of errors in docs/errors.md: each of its rows comes about on the server on
// which the tests run, and is as it was recorded there. What other versions answer is
// replayed, and by what each is recognised is found by taking the rest of it away.

var update = flag.Bool("update", false, "record what this server answers, and write the table of errors in the documentation anew")

const (
	recordedErrors = "testdata/errors.json"
	errorsPage     = "../../../docs/errors.md"
)

// errorRow is a row of the table.
type errorRow struct {
	what    string
	classes []string // as drivertest.RequireClasses names them
	since   string   // the version from which on it is an error, or ""
	provoke func(t *testing.T, dsn string, db *sql.DB) error
}

// exec provokes by one text.
func exec(text string) func(*testing.T, string, *sql.DB) error {
	return func(t *testing.T, _ string, db *sql.DB) error { return drivertest.Exec(t.Context(), db, text) }
}

// overtaken provokes by a text that writes slowly what another writes meanwhile.
func overtaken(text string) func(*testing.T, string, *sql.DB) error {
	return func(t *testing.T, _ string, db *sql.DB) error {
		slow := make(chan error, 1)
		for {
			go func() { slow <- drivertest.Exec(t.Context(), db, text) }()
			for {
				err := drivertest.Exec(t.Context(), db, `UPDATE a:1 SET m += 1`)
				if err != nil && !surrealsql.IsConflict(err) {
					return err
				}
				select {
				case err := <-slow:
					if err != nil {
						return err
					}
				case <-time.After(20 * time.Millisecond):
					continue
				}
				break
			}
		}
	}
}

// signIn provokes by a Config that is refused.
func signIn(change func(*surrealsql.Config)) func(*testing.T, string, *sql.DB) error {
	return func(t *testing.T, dsn string, _ *sql.DB) error {
		return drivertest.OpenDB(t, dsn, change).PingContext(t.Context())
	}
}

var errorRows = []errorRow{
	{"another transaction has written the same records, which its commit tells", []string{"conflict", "retryable"}, "3.0", func(t *testing.T, _ string, db *sql.DB) error {
		tx := drivertest.Begin(t, db)
		drivertest.MustExec(t, tx, `UPDATE a:1 SET m += 1`)
		drivertest.MustExec(t, db, `UPDATE a:1 SET m += 1`)
		return tx.Commit()
	}},
	{"the same of a statement that commits by itself", []string{"conflict", "retryable"}, "", overtaken(`UPDATE a:1 SET m = { sleep(200ms); RETURN 1 }`)},
	{"the same of a block from BEGIN to COMMIT", []string{"conflict", "retryable"}, "", overtaken(`BEGIN; UPDATE a:1 SET m += 1; SLEEP 200ms; COMMIT`)},
	{"the record exists", []string{"duplicate"}, "", exec(`CREATE a:1`)},
	{"the value is in a unique index", []string{"duplicate"}, "", exec(`CREATE a:2 SET n = 1`)},
	{"the table is defined", []string{"duplicate"}, "", exec(`DEFINE TABLE a`)},
	{"the index is defined", []string{"duplicate"}, "", exec(`DEFINE INDEX i ON a FIELDS n`)},
	{"there is no such table", []string{"not found"}, "3.0", exec(`SELECT * FROM missing`)},
	{"there is no such index", []string{"not found"}, "", exec(`REMOVE INDEX missing ON a`)},
	{"there is no such function", []string{"not found"}, "", exec(`RETURN fn::missing()`)},
	{"the text is no SurrealQL", []string{"parse"}, "", exec(`SELEC * FROM a`)},
	{"a TIMEOUT is over", []string{"timeout"}, "", exec(`SELECT *, sleep(10s) FROM a TIMEOUT 1ms`)},
	{"the text says THROW", []string{"thrown"}, "", exec(`THROW 'why'`)},
	{"the value is of another type than the field", []string{"invalid"}, "", exec(`CREATE a:3 SET n = 'x'`)},
	{"an ASSERT refuses the value", []string{"invalid"}, "", exec(`CREATE a:3 SET n = 1000`)},
	{"a SCHEMAFULL table has no such field", []string{"invalid"}, "3.0", exec(`CREATE strict:1 SET made = 1, other = 1`)},
	{"the field is READONLY", []string{"invalid"}, "", exec(`UPDATE strict:0 SET made = 2`)},
	{"a function does not take the argument", []string{"invalid"}, "", exec(`RETURN math::sum('x')`)},
	{"the password is wrong", []string{"auth"}, "", signIn(func(cfg *surrealsql.Config) { cfg.Password = "wrong" })},
	{"the token is none", []string{"auth"}, "", signIn(func(cfg *surrealsql.Config) {
		cfg.Auth, cfg.Token, cfg.User, cfg.Password = surrealsql.AuthToken, "none", "", ""
	})},
	{"the user may not do this", []string{"auth"}, "", func(t *testing.T, dsn string, db *sql.DB) error {
		drivertest.MustExec(t, db, `DEFINE USER viewer ON DATABASE PASSWORD 'p' ROLES VIEWER`)
		viewer := drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "viewer", "p"))
		return drivertest.Exec(t.Context(), viewer, `DEFINE TABLE b`)
	}},
	{"the session has expired, in a transaction", []string{"auth", "expired"}, "3.0", func(t *testing.T, dsn string, db *sql.DB) error {
		drivertest.MustExec(t, db, `DEFINE USER short ON DATABASE PASSWORD 'p' ROLES OWNER DURATION FOR SESSION 1s`)
		tx := drivertest.Begin(t, drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "short", "p")))
		for {
			if err := drivertest.Scan(t.Context(), tx, `RETURN sleep(20ms)`); err != nil {
				require.True(t, surrealsql.IsRetryable(err), "%v", err) // which the answer does not say
				var e *surrealsql.Error
				require.ErrorAs(t, err, &e)
				return &surrealsql.Error{Code: e.Code, Kind: e.Kind, Details: e.Details, Message: e.Message}
			}
		}
	}},
}

// provoked are the errors that the server on which the tests run, of this version, answers
// to the rows of the table. No row changes what a later one needs.
func provoked(t *testing.T, version string, stream surrealsql.StreamMode) map[string]answer {
	t.Helper()
	dsn := surrealtest.DSN(t) + "?stream=" + string(stream)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE a; DEFINE FIELD n ON a TYPE option<int> ASSERT $value = NONE OR $value < 100;
		DEFINE INDEX i ON a FIELDS n UNIQUE; CREATE a:1 SET n = 1, m = 0;
		DEFINE TABLE strict SCHEMAFULL; DEFINE FIELD made ON strict TYPE int READONLY; CREATE strict:0 SET made = 1`)
	answers := make(map[string]answer)
	for _, row := range errorRows {
		if version == "" || version >= row.since {
			err := row.provoke(t, dsn, db)
			drivertest.RequireClasses(t, err, row.classes...)
			answers[row.what] = answerOf(t, err)
		}
	}
	return answers
}

// answer is an error as a server sent it; Code is 0 for that of a statement.
type answer struct {
	Code    int64    `json:"code,omitempty"`
	Kind    string   `json:"kind,omitempty"`
	Details []string `json:"details,omitempty"` // the kinds along them
	Message string   `json:"message"`
	Cause   string   `json:"cause,omitempty"`
}

func answerOf(t *testing.T, err error) answer {
	t.Helper()
	var e *surrealsql.Error
	require.ErrorAs(t, err, &e)
	a := answer{Code: e.Code, Kind: e.Kind, Message: e.Message}
	for at := e.Details; at != nil; {
		switch d := at.(type) {
		case string:
			a.Details, at = append(a.Details, d), nil
		case map[string]any:
			kind, _ := d["kind"].(string)
			if kind != "" {
				a.Details = append(a.Details, kind)
			}
			at = d["details"]
		default:
			at = nil
		}
	}
	if e.Cause != nil {
		a.Cause = e.Cause.Message
	}
	return a
}

// wire is the error as its server would send it.
func (a answer) wire(id uint64) []byte {
	var details any = scripted.None
	for _, kind := range slices.Backward(a.Details) {
		details = map[string]any{"kind": kind, "details": details}
	}
	fields := map[string]any{"kind": a.Kind, "details": details}
	if a.Kind == "" { // 2.x
		clear(fields)
	}
	if a.Code == 0 {
		fields["result"], fields["status"], fields["time"] = a.Message, "ERR", "1ms"
		return scripted.Result(id, scripted.Entries(scripted.Value(fields)))
	}
	fields["code"], fields["message"] = int(a.Code), a.Message
	if a.Cause != "" {
		fields["cause"] = map[string]any{"message": a.Cause}
	}
	return scripted.Value(map[string]any{"id": int(id), "error": fields})
}

// recorded are the answers by row and version, such as "3.3".
type recorded map[string]map[string]answer

func readRecorded(t *testing.T) recorded {
	t.Helper()
	r := make(recorded)
	file, err := os.ReadFile(recordedErrors)
	if *update && errors.Is(err, os.ErrNotExist) {
		return r
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &r))
	return r
}

func (r recorded) versions() (versions []string) {
	for _, answers := range r {
		for v := range answers {
			if !slices.Contains(versions, v) {
				versions = append(versions, v)
			}
		}
	}
	slices.Sort(versions)
	return versions
}

func TestErrorsOfTheTableAreWhatThisServerAnswers(t *testing.T) {
	t.Parallel()
	parts := strings.SplitN(surrealtest.Version(t), ".", 3)
	version := strings.Join(parts[:min(2, len(parts))], ".")
	answers := provoked(t, version, surrealsql.StreamNever)
	// The error of a statement has a code where the answer is streamed, and its cause.
	for what, streamed := range provoked(t, version, surrealsql.StreamAlways) {
		streamed.Code, streamed.Cause = answers[what].Code, answers[what].Cause
		require.Equal(t, answers[what], streamed, what)
	}
	r := readRecorded(t)
	for what, got := range answers {
		if want, known := r[what][version]; known && !*update {
			require.Equal(t, want, got, "%s: run this test again with: -run %s -update", what, t.Name())
		}
		if r[what] == nil {
			r[what] = make(map[string]answer)
		}
		r[what][version] = got
	}
	if *update {
		file, err := json.MarshalIndent(r, "", "\t")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(recordedErrors, append(file, '\n'), 0o644))
	}
}

func TestErrorsOfTheTableAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	const begins, ends = "<!-- errors -->\n", "<!-- /errors -->\n"
	table := errorTable(t, readRecorded(t))
	file, err := os.ReadFile(errorsPage)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(file), begins)
	require.True(t, ok, "%s has no %s", errorsPage, begins)
	written, after, ok := strings.Cut(rest, ends)
	require.True(t, ok, "%s has no %s", errorsPage, ends)
	if *update {
		written = table
		require.NoError(t, os.WriteFile(errorsPage, []byte(before+begins+table+ends+after), 0o644))
	}
	require.Equal(t, table, written, "run this test again with: -run %s -update", t.Name())
}

// errorTable is the table in Markdown.
func errorTable(t *testing.T, r recorded) string {
	replay := replays(t)
	versions := r.versions()
	var b strings.Builder
	b.WriteString("| what happened | ask | " + strings.Join(versions, " | ") + " | its text |\n|---|---" + strings.Repeat("|---", len(versions)) + "|---|\n")
	for _, row := range errorRows {
		b.WriteString("| " + row.what + " | " + questionsOf(row.classes))
		text := ""
		for _, v := range versions {
			cell := "–"
			if a, known := r[row.what][v]; known {
				cell = recognisedBy(t, replay, a, row.classes)
				text, _, _ = strings.Cut(a.Message, "\n")
			}
			b.WriteString(" | " + cell)
		}
		b.WriteString(" | `` " + strings.ReplaceAll(text, "|", `\|`) + " `` |\n")
	}
	return b.String()
}

// questionsOf are the functions and errors that one asks of an error of these classes.
func questionsOf(classes []string) string {
	questions := map[string]string{
		"conflict": "`IsConflict`", "duplicate": "`IsDuplicate`", "not found": "`IsNotFound`", "parse": "`IsParse`",
		"timeout": "`IsTimeout`", "thrown": "`IsThrown`", "invalid": "`IsInvalid`", "auth": "`IsAuth`", "expired": "`ErrExpired`",
		"retryable": "`IsRetryable`",
	}
	var asked []string
	for _, class := range classes {
		asked = append(asked, questions[class])
	}
	return strings.Join(asked, ", ")
}

// recognisedBy tells what of an answer is enough to tell its classes: its kind and
// details, or its code, or its text.
func recognisedBy(t *testing.T, replay func(answer) error, a answer, classes []string) string {
	drivertest.RequireClasses(t, replay(a), classes...)
	bare := a
	bare.Message, bare.Cause = "x", ""
	if a.Code != 0 {
		bare.Code = -32000
	}
	if hasClasses(replay(bare), classes) {
		return "`" + strings.Join(append([]string{a.Kind}, a.Details...), " ") + "`"
	}
	if bare.Code = a.Code; hasClasses(replay(bare), classes) {
		return "code " + strconv.FormatInt(a.Code, 10)
	}
	return "text"
}

func hasClasses(err error, classes []string) bool {
	return slices.Equal(drivertest.ClassesOf(err), slices.Sorted(slices.Values(classes)))
}

// replays sends answers as their server would, through the driver.
func replays(t *testing.T) func(answer) error {
	var next answer
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) { c.Message(next.wire(r.ID)) })
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	return func(a answer) error {
		next = a
		return drivertest.Exec(context.Background(), db, "CREATE x")
	}
}
