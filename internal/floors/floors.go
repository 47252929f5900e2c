// Package floors reads the files of a Go package as a house: which file uses
// what another one defines, and whether such a use runs up, against the order
// of floors that the package's test writes down. The standard library keeps
// the order of its packages in the same way (go/build/deps_test.go).
package floors

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Use is one name that a file uses and another file of its package defines.
type Use struct {
	From, To string // names of files
	Name     string // as "Conn.query" or "parseHost"
	Pos      token.Position
}

// A House is the files of one package and what they use of each other.
type House struct {
	dir   string
	Files []string
	Uses  []Use // the first use of each name in each file
}

// Read reads the package in dir, without its tests, as the running Go builds it.
// It needs the go command, for what the package imports.
func Read(dir string) (*House, error) {
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	exports, err := exportData(dir)
	if err != nil {
		return nil, err
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", exports)}
	checked, err := conf.Check(pkg.Name, fset, files, info)
	if err != nil {
		return nil, err
	}
	return &House{dir: dir, Files: pkg.GoFiles, Uses: uses(fset, checked, info)}, nil
}

// exportData finds the compiled form of whatever the package in dir imports.
func exportData(dir string) (importer.Lookup, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", ".")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -export in %s: %w", dir, err)
	}
	paths := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		paths[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(paths[path]) }, nil
}

func uses(fset *token.FileSet, pkg *types.Package, info *types.Info) []Use {
	first := map[Use]token.Position{}
	for ident, obj := range info.Uses {
		if obj.Pkg() != pkg {
			continue
		}
		at, def := fset.Position(ident.Pos()), fset.Position(obj.Pos())
		use := Use{From: filepath.Base(at.Filename), To: filepath.Base(def.Filename), Name: nameOf(obj)}
		if use.From == use.To {
			continue
		}
		if before, ok := first[use]; !ok || at.Line < before.Line {
			first[use] = at
		}
	}
	var all []Use
	for use, at := range first {
		use.Pos = at
		all = append(all, use)
	}
	slices.SortFunc(all, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// nameOf names a method with its receiver.
func nameOf(obj types.Object) string {
	f, ok := obj.(*types.Func)
	if !ok {
		return obj.Name()
	}
	recv := f.Signature().Recv()
	if recv == nil {
		return f.Name()
	}
	t := recv.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name() + "." + f.Name()
	}
	return f.Name()
}

// Up lists the uses that run against the order, lowest floor first: a file may
// use its own floor and those below. Each floor is a list of file names parted by
// blanks; those of other builds may be among them. A file on no floor is an error.
func (h *House) Up(order ...string) ([]Use, error) {
	floor := map[string]int{}
	for i, names := range order {
		for name := range strings.FieldsSeq(names) {
			if _, twice := floor[name]; twice {
				return nil, fmt.Errorf("%s stands on two floors", name)
			}
			if _, err := os.Stat(filepath.Join(h.dir, name)); err != nil {
				return nil, fmt.Errorf("a file on floor %d is not there: %w", i, err)
			}
			floor[name] = i
		}
	}
	for _, file := range h.Files {
		if _, ok := floor[file]; !ok {
			return nil, fmt.Errorf("%s stands on no floor: put it on the lowest one that has all it uses on it or below", file)
		}
	}
	var up []Use
	for _, use := range h.Uses {
		if floor[use.To] > floor[use.From] {
			up = append(up, use)
		}
	}
	return up, nil
}

// Arrows counts the pairs of files of which one uses the other.
func (h *House) Arrows() int { return len(h.arrows()) }

func (h *House) arrows() map[[2]string]bool {
	pairs := map[[2]string]bool{}
	for _, use := range h.Uses {
		pairs[[2]string{use.From, use.To}] = true
	}
	return pairs
}

// Circle returns the largest set of files each of which leads to each other.
func (h *House) Circle() []string {
	next := map[string][]string{}
	for pair := range h.arrows() {
		next[pair[0]] = append(next[pair[0]], pair[1])
	}
	reach := map[string]map[string]bool{}
	for _, file := range h.Files {
		seen := map[string]bool{}
		walk(file, next, seen)
		reach[file] = seen
	}
	var largest []string
	for _, file := range h.Files {
		var circle []string
		for other := range maps.Keys(reach[file]) {
			if reach[other][file] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(largest) {
			largest = circle
		}
	}
	slices.Sort(largest)
	return largest
}

func walk(file string, next map[string][]string, seen map[string]bool) {
	for _, other := range next[file] {
		if !seen[other] {
			seen[other] = true
			walk(other, next, seen)
		}
	}
}
