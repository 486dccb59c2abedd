// Command oracle answers questions about module files by golang.org/x/mod: one JSON object a line in, one a line out.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Op   string
	A, B []byte
}

type pair struct{ Path, Version string }

type replace struct{ Old, New pair }

// goMod is what `go mod edit -json` prints.
type goMod struct {
	Module    *moduleLine `json:",omitempty"`
	Go        string
	Toolchain string
	GoDebug   []keyValue
	Require   []require
	Exclude   []pair
	Replace   []replace
	Retract   []retract
	Tool      []path
	Ignore    []path
}

type moduleLine struct{ Path, Deprecated string }
type keyValue struct{ Key, Value string }
type require struct {
	Path, Version string
	Indirect      bool
}
type retract struct{ Low, High, Rationale string }
type path struct{ Path string }
type use struct{ DiskPath string }
type goWork struct {
	Go      string
	Use     []use
	Replace []replace
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(out)
	for {
		var q question
		if err := decoder.Decode(&q); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		if err := encoder.Encode(answer(q)); err != nil {
			panic(err)
		}
	}
}

func answer(q question) any {
	a, b := string(q.A), string(q.B)
	switch q.Op {
	case "mod":
		file, err := modfile.Parse("go.mod", q.A, nil)
		return ofMod(file, err)
	case "lax":
		file, err := modfile.ParseLax("go.mod", q.A, nil)
		return ofMod(file, err)
	case "work":
		file, err := modfile.ParseWork("go.work", q.A, nil)
		return ofWork(file, err)
	case "versions":
		return map[string]any{
			"compare": semver.Compare(a, b), "valid": semver.IsValid(a), "canonical": semver.Canonical(a),
			"module": module.CanonicalVersion(a), "major": semver.Major(a), "pseudo": module.IsPseudoVersion(a),
		}
	case "path":
		prefix, major, ok := module.SplitPathVersion(a)
		return map[string]any{
			"module": module.CheckPath(a) == nil, "import": module.CheckImportPath(a) == nil,
			"file": module.CheckFilePath(a) == nil, "escaped": text(module.EscapePath(a)),
			"unescaped": text(module.UnescapePath(a)), "version": text(module.EscapeVersion(a)),
			"unescaped_version": text(module.UnescapeVersion(a)), "split": []any{prefix, major, ok},
			"fits": !ok || module.CheckPathMajor(b, major) == nil,
		}
	case "match":
		return module.MatchPrefixPatterns(a, b)
	case "note":
		verifier, err := note.NewVerifier(b)
		if err != nil {
			return nil
		}
		opened, err := note.Open(q.A, note.VerifierList(verifier))
		if err != nil {
			return nil
		}
		return opened.Text
	case "tree":
		tree, err := tlog.ParseTree(q.A)
		if err != nil {
			return nil
		}
		return []any{tree.N, tree.Hash.String()}
	case "record":
		id, text, rest, err := tlog.ParseRecord(q.A)
		if err != nil {
			return nil
		}
		return []any{id, string(text), string(rest)}
	case "h1":
		hash, err := dirhash.Hash1(strings.Split(a, "\n"), func(name string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(name)), nil
		})
		return text(hash, err)
	}
	panic(q.Op)
}

func text(text string, err error) any {
	if err != nil {
		return nil
	}
	return text
}

func ofMod(file *modfile.File, err error) any {
	if err != nil {
		return nil
	}
	var out goMod
	if file.Module != nil {
		out.Module = &moduleLine{file.Module.Mod.Path, file.Module.Deprecated}
	}
	if file.Go != nil {
		out.Go = file.Go.Version
	}
	if file.Toolchain != nil {
		out.Toolchain = file.Toolchain.Name
	}
	for _, one := range file.Godebug {
		out.GoDebug = append(out.GoDebug, keyValue{one.Key, one.Value})
	}
	for _, one := range file.Require {
		out.Require = append(out.Require, require{one.Mod.Path, one.Mod.Version, one.Indirect})
	}
	for _, one := range file.Exclude {
		out.Exclude = append(out.Exclude, pair{one.Mod.Path, one.Mod.Version})
	}
	out.Replace = replaced(file.Replace)
	for _, one := range file.Retract {
		out.Retract = append(out.Retract, retract{one.Low, one.High, one.Rationale})
	}
	for _, one := range file.Tool {
		out.Tool = append(out.Tool, path{one.Path})
	}
	for _, one := range file.Ignore {
		out.Ignore = append(out.Ignore, path{one.Path})
	}
	return out
}

func ofWork(file *modfile.WorkFile, err error) any {
	if err != nil {
		return nil
	}
	var out goWork
	if file.Go != nil {
		out.Go = file.Go.Version
	}
	for _, one := range file.Use {
		out.Use = append(out.Use, use{one.Path})
	}
	out.Replace = replaced(file.Replace)
	return out
}

func replaced(all []*modfile.Replace) (out []replace) {
	for _, one := range all {
		out = append(out, replace{pair{one.Old.Path, one.Old.Version}, pair{one.New.Path, one.New.Version}})
	}
	return out
}
