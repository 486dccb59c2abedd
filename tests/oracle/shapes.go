// Prints where Go files make TLS configurations, import "C" and arrange for signals, as far as syntax and imports tell: one line
// `kind file:line:column` each. An independent reader (go/ast) that the program's own facts are held against.
//
//	go run tests/oracle/shapes.go FOLDER < list-of-files
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

func main() {
	root := os.Args[1]
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		one(root, lines.Text())
	}
}

func one(root, name string) {
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not parsed:", err)
		return
	}
	say := func(kind string, at token.Pos) {
		place := set.PositionFor(at, false)
		line := text[place.Offset-(place.Column-1) : place.Offset]
		fmt.Printf("%s %s:%d:%d\n", kind, name, place.Line, utf8.RuneCount(line)+1)
	}
	names := map[string]string{}
	dots := map[string]bool{}
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		switch {
		case path == "C":
			at := spec.Pos()
			say("c", at)
		case spec.Name == nil:
			names[path[strings.LastIndex(path, "/")+1:]] = path
		case spec.Name.Name == ".":
			dots[path] = true
		case spec.Name.Name != "_":
			names[spec.Name.Name] = path
		}
	}
	walk := &walker{names: names, dots: dots, say: say}
	for _, decl := range file.Decls {
		walk.shadowed = locals(decl)
		ast.Inspect(decl, walk.visit)
	}
}

// Names that a declaration declares somewhere inside: a selector on one of them may be no package.
func locals(decl ast.Decl) map[string]bool {
	found := map[string]bool{}
	add := func(names ...*ast.Ident) {
		for _, name := range names {
			found[name.Name] = true
		}
	}
	ast.Inspect(decl, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			add(node.Names...)
		case *ast.AssignStmt:
			if node.Tok == token.DEFINE {
				for _, left := range node.Lhs {
					if name, ok := left.(*ast.Ident); ok {
						add(name)
					}
				}
			}
		case *ast.ValueSpec:
			add(node.Names...)
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{node.Key, node.Value} {
				if name, ok := left.(*ast.Ident); ok && node.Tok == token.DEFINE {
					add(name)
				}
			}
		}
		return true
	})
	return found
}

type walker struct {
	names    map[string]string
	dots     map[string]bool
	shadowed map[string]bool
	say      func(string, token.Pos)
}

func (w *walker) is(expr ast.Expr, path, name string) bool {
	switch expr := expr.(type) {
	case *ast.ParenExpr:
		return w.is(expr.X, path, name)
	case *ast.SelectorExpr:
		base, ok := expr.X.(*ast.Ident)
		return ok && !w.shadowed[base.Name] && w.names[base.Name] == path && expr.Sel.Name == name
	case *ast.Ident:
		return w.dots[path] && !w.shadowed[expr.Name] && expr.Name == name
	}
	return false
}

func (w *walker) visit(node ast.Node) bool {
	const tls, config = "crypto/tls", "Config"
	switch node := node.(type) {
	case *ast.CompositeLit:
		if node.Type != nil && w.is(node.Type, tls, config) {
			w.say("tls", node.Pos())
		}
		w.elements(node, node.Type)
	case *ast.CallExpr:
		if name, ok := node.Fun.(*ast.Ident); ok && name.Name == "new" && len(node.Args) == 1 && w.is(node.Args[0], tls, config) {
			w.say("tls", node.Pos())
		}
		for _, name := range []string{"Notify", "NotifyContext", "Ignore", "Reset"} {
			if w.is(node.Fun, "os/signal", name) {
				w.say("signal", node.Pos())
			}
		}
	case *ast.ValueSpec:
		if node.Type != nil && len(node.Values) == 0 && w.is(node.Type, tls, config) {
			for _, name := range node.Names {
				if name.Name != "_" {
					w.say("tls", name.Pos())
				}
			}
		}
	}
	return true
}

// Literals without a type in a list, array or map of configurations.
func (w *walker) elements(list *ast.CompositeLit, of ast.Expr) {
	var inner ast.Expr
	switch of := of.(type) {
	case *ast.ArrayType:
		inner = of.Elt
	case *ast.MapType:
		inner = of.Value
	default:
		return
	}
	pointed := inner
	if star, ok := inner.(*ast.StarExpr); ok {
		pointed = star.X
	}
	for _, element := range list.Elts {
		if keyed, ok := element.(*ast.KeyValueExpr); ok {
			element = keyed.Value
		}
		literal, ok := element.(*ast.CompositeLit)
		if !ok || literal.Type != nil {
			continue
		}
		if w.is(pointed, "crypto/tls", "Config") {
			w.say("tls", literal.Pos())
		}
		w.elements(literal, inner)
	}
}
