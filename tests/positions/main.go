// Writes the rows of verifier/golang/src/signs/positions.txt for one release line of Go:
//
//	positions 26 GOROOT-of-1.26.0 GOROOT-of-1.26.1 …
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// By file and function, the row on which it begins in each patch; 0 where it is not there.
type table map[string]map[string][]int

func main() {
	line, roots := os.Args[1], os.Args[2:]
	all := table{}
	for patch, root := range roots {
		all.add(filepath.Join(root, "src"), patch, len(roots))
	}
	fmt.Println(line, len(roots)-1)
	for _, file := range sorted(all) {
		var changed []string
		for _, name := range sorted(all[file]) {
			rows := all[file][name]
			if slices.Min(rows) != slices.Max(rows) {
				changed = append(changed, shown(name, rows))
			}
		}
		if len(changed) > 0 {
			fmt.Println(line, file, strings.Join(changed, "; "))
		}
	}
}

func shown(name string, rows []int) string {
	for patch, row := range rows {
		if patch == 0 || row != rows[patch-1] {
			name += fmt.Sprintf(" %d:%d", patch, row)
		}
	}
	return name
}

func (all table) add(src string, patch, patches int) {
	walk := func(path string, entry fs.DirEntry, err error) error {
		file, _ := filepath.Rel(src, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || file == "cmd"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range parsed.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok || function.Body == nil || function.Name.Name == "init" || function.Name.Name == "_" {
				continue
			}
			name := function.Name.Name
			if function.Recv != nil {
				name = receiver(function.Recv.List[0].Type) + "." + name
			}
			if all[file] == nil {
				all[file] = map[string][]int{}
			}
			if all[file][name] == nil {
				all[file][name] = make([]int, patches)
			}
			all[file][name][patch] = files.Position(function.Pos()).Line
		}
		return nil
	}
	if err := filepath.WalkDir(src, walk); err != nil {
		log.Fatal(err)
	}
}

// As the linker writes it, without type parameters.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return "(*" + receiver(of.X) + ")"
	case *ast.ParenExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return "?"
}

func sorted[V any](of map[string]V) []string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
