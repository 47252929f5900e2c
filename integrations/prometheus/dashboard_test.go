package surrealprometheus

import (
	"database/sql"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The dashboard, beside what the collectors give.

type dashboard struct {
	Title      string
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr, LegendFormat string }
	Datasource  struct{ Type, UID string }
	FieldConfig struct{ Defaults struct{ Unit string } }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// exposed are the labels of each name that a query can ask for, of a program that has used
// everything.
func exposed(t *testing.T) map[string][]string {
	t.Helper()
	q := NewQueries()
	p := openPool(t, q, pool.Settings{})
	db := p.DB()
	_, err := db.ExecContext(t.Context(), `RETURN 1`)
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	plain, err := sql.Open("surrealdb", surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, plain.Close()) })
	registry := prometheus.NewRegistry()
	registry.MustRegister(q, NewPool(p, "shop"), collectors.NewDBStatsCollector(plain, "plain"))
	families, err := registry.Gather()
	require.NoError(t, err)
	all := make(map[string][]string)
	for _, f := range families {
		labels := []string{"job"} // of the scrape
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		name := f.GetName()
		switch f.GetType().String() {
		case "HISTOGRAM":
			all[name+"_bucket"] = append(slices.Clone(labels), "le")
			all[name+"_count"], all[name+"_sum"] = labels, labels
		case "SUMMARY":
			all[name+"_count"], all[name+"_sum"] = labels, labels
			all[name] = append(slices.Clone(labels), "quantile")
		default:
			all[name] = labels
		}
	}
	return all
}

var (
	metricName = regexp.MustCompile(`\b(surrealsql|go_sql)_\w+`)
	labelName  = regexp.MustCompile(`(\w+)(=~|!=|=)"`)
	grouping   = regexp.MustCompile(`by \(([^)]*)\)`)
	legend     = regexp.MustCompile(`{{(\w+)}}`)
)

func TestDashboardAsksForWhatIsThere(t *testing.T) {
	t.Parallel()
	all := exposed(t)
	asked := 0
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			require.NotEmpty(t, names, target.Expr)
			for _, name := range names {
				require.Contains(t, all, name, "%s: %s", p.Title, target.Expr)
				asked++
			}
			labels := all[names[0]]
			for _, m := range labelName.FindAllStringSubmatch(target.Expr, -1) {
				require.Contains(t, labels, m[1], "%s: %s", p.Title, target.Expr)
			}
			groups := labels
			if m := grouping.FindStringSubmatch(target.Expr); m != nil {
				groups = strings.Split(m[1], ", ")
				require.Subset(t, labels, groups, target.Expr)
			}
			for _, m := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				require.Contains(t, groups, m[1], "%s: legend %s", p.Title, target.LegendFormat)
			}
		}
	}
	require.Greater(t, asked, 20)
	for _, v := range readDashboard(t).Templating.List {
		for _, name := range metricName.FindAllString(v.Definition, -1) {
			require.Contains(t, all, name)
		}
	}
}

func TestDashboardsPanelsHaveAPlaceOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	taken := make(map[[2]int]string)
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		require.False(t, ids[p.ID], "%s has another one's id", p.Title)
		ids[p.ID] = true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				require.Empty(t, taken[at], "%s lies on it", p.Title)
				taken[at] = p.Title
			}
		}
		if p.Type != "row" {
			require.NotEmpty(t, p.Targets, p.Title)
			require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
			require.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		}
	}
}
