package printed_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"expvar"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/limiter"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// No way of printing a value of the module shows a secret: this is a test of all of its
// exported types, wherever they are.

// What must never come out.
const secretWord, secretToken = "hunter2-secret", "eyJ-secret-token"

// exportedTypes lists the exported types of a package's directory that are no
// interfaces, as package.Name.
func exportedTypes(t *testing.T, dir, name string) (types []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if _, isInterface := fields(spec); ok && spec.Name.IsExported() && !isInterface {
				types = append(types, name+"."+spec.Name.Name)
			}
			_, inFunc := n.(*ast.FuncDecl)
			return !inFunc
		})
	}
	require.NotEmpty(t, types)
	return types
}

func fields(spec *ast.TypeSpec) (*ast.InterfaceType, bool) {
	if spec == nil {
		return nil, false
	}
	i, ok := spec.Type.(*ast.InterfaceType)
	return i, ok
}

// withSecrets returns a value of each exported type of the module; those that can
// hold secrets are full of them.
func withSecrets(t *testing.T) map[string]any {
	srv := scripted.New(t, nil)
	dsn := strings.Replace(srv.DSN(), "://", "://root:"+secretWord+"@", 1)
	if at := strings.Count(dsn, "@"); at > 1 {
		dsn = srv.DSN()
	}
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	cfg.User, cfg.Password, cfg.Headers = "root", secretWord, http.Header{"Authorization": {"Bearer " + secretToken}}
	byToken := cfg.Clone()
	byToken.User, byToken.Password, byToken.Token = "", "", secretToken
	byRefresh := cfg.Clone()
	byRefresh.User, byRefresh.Password, byRefresh.RefreshToken = "", "", secretToken
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	p, err := pool.New(t.Context(), cfg, pool.Settings{Replicas: []string{cfg.FormatDSN(), dsn}, ReplicaConfigs: []*surrealsql.Config{byToken}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	routed, err := p.Routed().Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = routed.Close() })
	var lease *pool.RoutedConn
	require.NoError(t, routed.Raw(func(c any) error {
		lease = c.(*pool.RoutedConn)
		_, err := lease.Writer(context.Background())
		return err
	}))
	failing := func(change func(*surrealsql.Config)) error {
		bad := cfg.Clone()
		bad.Hosts, bad.ConnectAttempts = []string{"127.0.0.1:1"}, 1
		change(bad)
		c, err := surrealsql.NewConnector(bad)
		if err == nil {
			_, err = c.Connect(t.Context())
		}
		require.Error(t, err)
		return err
	}
	lost := &surrealsql.ConnError{Op: "connect", Addr: "127.0.0.1:1", Err: failing(func(*surrealsql.Config) {})}
	return map[string]any{
		"surrealsql.Config":         *cfg,
		"surrealsql.Credentials":    surrealsql.Credentials{User: "root", Password: secretWord, AuthParams: map[string]any{"key": secretToken}},
		"surrealsql.Tokens":         surrealsql.Tokens{Access: secretToken, Refresh: secretWord},
		"surrealsql.Session":        surrealsql.Session{Credentials: surrealsql.Credentials{User: "root", Password: secretWord}},
		"surrealsql.Connector":      connector,
		"surrealsql.Conn":           conn,
		"surrealsql.ConnError":      lost,
		"surrealsql.Driver":         surrealsql.Driver{},
		"surrealsql.ConnectEnd":     surrealsql.ConnectEnd{Err: lost},
		"surrealsql.AcquireEnd":     surrealsql.AcquireEnd{Err: lost},
		"surrealsql.TxEnd":          surrealsql.TxEnd{Err: lost},
		"surrealsql.QueryEnd":       surrealsql.QueryEnd{Err: failing(func(c *surrealsql.Config) { c.Auth = surrealsql.AuthRecord })},
		"pool.Settings":             p.Settings(),
		"pool.Pool":                 p,
		"pool.RoutedConn":           lease,
		"breaker.Breaker":           breaker.New(breaker.Settings{}),
		"limiter.Limiter":           limiter.New(limiter.Settings{}),
		"pool.AcquireTimeoutError":  &pool.AcquireTimeoutError{ConnectError: lost},
		"beside: a token":           *byToken,
		"beside: a refresh token":   *byRefresh,
		"beside: its credentials":   surrealsql.Credentials{RefreshToken: secretToken},
		"beside: token credentials": surrealsql.Credentials{Token: secretToken},
		"beside: a context":         surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: surrealsql.Credentials{Token: secretToken}}),
		"beside: a *sql.DB":         p.DB(),
		"beside: all replicas":      p.Replicas(),
	}
}

// holdNone are the exported types that hold no secret: numbers, names, and what
// queries give and take.
var holdNone = strings.Fields(`
	surrealsql.AuthLevel surrealsql.LoadBalance surrealsql.NilMode surrealsql.ResetMode surrealsql.StreamMode surrealsql.Protocol surrealsql.Error
	surrealsql.RecordID surrealsql.Range surrealsql.File surrealsql.QueryStart surrealsql.ConnectStart
	surrealsql.TxStart surrealsql.AcquireStart surrealsql.Outline
	surrealsql.ResetStart surrealsql.ResetEnd surrealsql.CloseStart surrealsql.CloseEnd surrealsql.NoneType
	surrealsql.Table surrealsql.Decimal surrealsql.UUID surrealsql.LongDuration surrealsql.Set surrealsql.Value
	surrealsql.Rows surrealsql.Notification surrealsql.Action surrealsql.Batch surrealsql.QueuedQuery
	surrealsql.BatchResults surrealsql.BatchRows surrealsql.BatchRow surrealsql.BatchError
	surrealsql.Retry surrealsql.Attempt surrealsql.Bulk surrealsql.Inserted surrealsql.InsertError surrealsql.RowRange limiter.ExceededError limiter.Settings limiter.Priority
	breaker.OpenError breaker.State breaker.Settings pool.Metric pool.Leak pool.Order pool.Reason pool.Stats pool.Wait
	surrealtest.Engine surrealtest.Direction surrealtest.Cut surrealtest.Proxy surrealtest.ProxyStats
	surrealtest.Options surrealtest.Stats surrealtest.Server`)

var _ surrealtest.Engine // whose types are looked at too

func TestSecretsAreShownByNoWayOfPrintingExportedType(t *testing.T) {
	t.Parallel()
	samples := withSecrets(t)
	known := make(map[string]bool)
	for _, name := range holdNone {
		known[name] = true
	}
	for dir, name := range map[string]string{
		"../..": "surrealsql", "../../breaker": "breaker", "../../limiter": "limiter", "../../pool": "pool", "../../surrealtest": "surrealtest",
	} {
		for _, typ := range exportedTypes(t, dir, name) {
			_, sampled := samples[typ]
			require.True(t, sampled || known[typ], "%s is new: give withSecrets a value of it, or say in holdNone that it holds no secret", typ)
		}
	}
	for name, v := range samples {
		for form, out := range printed(t, v) {
			require.NotContains(t, out, "secret", "%s as %s", name, form)
		}
	}
}

// printed writes a value in every way there is.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	out := make(map[string]string)
	boxed := reflect.New(reflect.TypeOf(v))
	boxed.Elem().Set(reflect.ValueOf(v))
	field := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Field", Type: reflect.TypeOf(v)}})).Elem()
	field.Field(0).Set(reflect.ValueOf(v))
	for nest, v := range map[string]any{
		"itself": v, "a pointer": boxed.Interface(), "a field": field.Interface(), "a field of a pointer": field.Addr().Interface(),
		"a slice": []any{v}, "a map": map[string]any{"k": v}, "a struct of any": struct{ V any }{v},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			if err, ok := v.(error); ok && verb == "%#v" {
				v = err.Error() // an error's inside is its own affair; %#v of foreign ones shows it
			}
			out[nest+" by "+verb] = fmt.Sprintf(verb, v)
		}
		if b, err := json.Marshal(v); err == nil {
			out[nest+" as JSON"] = string(b)
		}
		if b, err := xml.Marshal(v); err == nil {
			out[nest+" as XML"] = string(b)
		}
		var text, structured strings.Builder
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&structured, nil)).Info("m", "v", v)
		out[nest+" by slog"], out[nest+" by slog as JSON"] = text.String(), structured.String()
		out[nest+" by expvar"] = expvar.Func(func() any { return v }).String()
	}
	if err, ok := v.(error); ok {
		out["its error"] = err.Error()
	}
	return out
}
