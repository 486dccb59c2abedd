"""Random programs of a kind, run by Go, against what `assize facts` tells of them: tell.py ASSIZE FOLDER KIND [COUNT [SEED]]

The programs are put together from told/KIND.toml and told/KIND-*.toml. The standard library is built with an overlay that says what it is asked for, so that the programs
themselves are untouched. What is told has to be true: a value that is told is the real one, and nothing that happens is left out.
"""

import collections
import concurrent.futures
import glob
import importlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))

# Says something about the program that is being played, by the line of it that leads there, to the file that the player opened.
TOLD = """package told

import (
	"runtime"
	"syscall"
)

// Line is that of the program that leads here.
func Line() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		if len(frame.Function) > 8 && frame.Function[:8] == "played/p" {
			return number(frame.Line)
		}
		if !more {
			return "0"
		}
	}
}

func number(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return number(n/10) + string(rune('0'+n%10))
}

// Say writes one line.
func Say(words ...string) {
	line := ""
	for i, word := range words {
		if i > 0 {
			line += "\\t"
		}
		line += word
	}
	syscall.Write(3, []byte(line+"\\n"))
}
"""

PLAYER = """package main

import (
	"os"
	"time"
%(imports)s)

type program struct {
	inits []func()
	main  func()
}

var programs = map[string]program{
%(programs)s}

func main() {
	played := programs[os.Args[1]]
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() {
			if recover() != nil {
				_, _ = os.NewFile(3, "").WriteString("0\\tpanicked\\t\\n")
			}
		}()
		for _, init := range played.inits {
			init()
		}
		played.main()
	}()
	select {
	case <-done:
	case <-time.After(%(wait)d * time.Millisecond):
	}
	%(end)s
	os.Exit(0)
}
"""


class Program:
    """One program, put together from shapes: `{{kind}}` is what a piece of that kind gives, `{{kind:x}}` the same under a name that `{{=x}}` has again,
    `$n` a name of the piece's own, `$a` one of the atoms."""

    def __init__(self, shapes, seed):
        self.shapes, self.random, self.names = shapes, random.Random(seed), 0
        self.declarations, self.statements, self.used, self.imports = [], [], [], set()
        self.statements = [self.piece("program", {}, int(os.environ.get("DEPTH", 6)))]

    def piece(self, kind, bound, depth):
        all_ = self.shapes[kind]
        simple = [one for one in all_ if not any("{{" in str(one.get(key, "")) for key in ("decl", "stmt", "expr"))]
        shape = self.random.choices(all_, [one.get("often", 1) for one in all_])[0]
        if depth <= 0 and simple:
            shape = self.random.choice(simple)
        self.used.append(f"{kind} {all_.index(shape)}")
        self.imports.update(shape.get("imports", []))
        self.names += 1
        name, bound = f"x{self.names}", dict(bound)
        atom = collections.defaultdict(lambda: None)

        def fill(text):
            def of(found):
                word = found.group(1)
                if word.startswith("="):
                    return bound[word[1:]]
                word, _, own = word.partition(":")
                made = self.piece(word, bound, depth - 1)
                if own:
                    bound[own] = made
                return made

            def one_of(found):
                if atom[found.group(1)] is None:
                    atom[found.group(1)] = self.random.choice(self.shapes["atoms"][found.group(1)])
                return atom[found.group(1)]

            text = re.sub(r"\{\{(.*?)\}\}", of, text)
            text = re.sub(r"\$([A-Z])", one_of, text)
            return text.replace("$n", name)

        before = len(self.statements)
        for own, word in shape.get("let", {}).items():
            bound[own] = self.piece(word, bound, depth - 1)
        for key, place in (("decl", self.declarations), ("stmt", self.statements)):
            if key in shape:
                place.append(fill(shape[key]))
        if "expr" in shape:
            return fill(shape["expr"])
        # What gives nothing stands where it is named.
        own = self.statements[before:]
        del self.statements[before:]
        return "\n".join(own)

    def text(self, package, main):
        body, declarations = "\n".join(self.statements), "\n\n".join(self.declarations)
        known = self.shapes["packages"]
        used = {known[name] for name in re.findall(r"(?<![\w.\"/])(\w+)\.", declarations + "\n" + body) if name in known}
        lines = [f'\t"{path}"' for path in used] + [f"\t{line}" for line in self.imports]
        imports = "\n".join(sorted(lines))
        text = f"package {package}\n\nimport (\n{imports}\n)\n\n{declarations}\n\nfunc main() {{\n{body}\n}}\n"
        if main == "main":
            return text, 0
        count = text.count("func init()")
        for number in range(count):
            text = text.replace("func init()", f"func Init{number}()", 1)
        return text.replace("func main()", "func Main()"), count


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class Overlay:
    """Files of the standard library, changed."""

    def __init__(self, folder):
        self.folder, self.replaced = folder, {}
        self.root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
        self.put("internal/told/told.go", TOLD)

    def put(self, path, text):
        own = f"{self.folder}/overlay/{path}"
        put(own, text)
        self.replaced[f"{self.root}/src/{path}"] = own

    def text(self, path):
        own = self.replaced.get(f"{self.root}/src/{path}", f"{self.root}/src/{path}")
        with open(own) as file:
            return file.read()

    def begin(self, path, imports, *changes):
        """Statements at the beginning of functions; where they end with `return`, instead of what stood there."""
        text = self.text(path)
        for signature, statements in changes:
            assert signature in text, (path, signature)
            start = text.index(signature) + len(signature)
            end = text.index("\n}\n", start)
            rest = "" if "// instead" in statements else text[start:end]
            text = text[:start] + "\n\t" + statements + rest + text[end:]
        for name in ["internal/told", *imports]:
            if f'\t"{name}"\n' not in text:
                text = text.replace("import (\n", f'import (\n\t"{name}"\n', 1)
        self.put(path, text)

    def written(self):
        put(f"{self.folder}/overlay.json", json.dumps({"Replace": self.replaced}))
        return f"{self.folder}/overlay.json"


def play(kind, programs, folder):
    """What each program really did; programs that Go refuses are left out."""
    place, overlay = f"{folder}/played", Overlay(folder)
    kind.change(overlay)
    put(f"{place}/go.mod", kind.MODULES.replace("MODULE", "played"))
    
    counts = {}
    for name, program in programs.items():
        text, counts[name] = program.text(name, "Main")
        put(f"{place}/{name}/main.go", text)
    environment = dict(os.environ, GOENV="off", GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GOWORK="off", GOSUMDB="off")

    def go(*arguments):
        return subprocess.run(["go", *arguments], cwd=place, env=environment, capture_output=True, text=True)

    replaced = overlay.written()
    errors = go("build", "-gcflags=-e", f"-overlay={replaced}", "./...").stderr
    refused = set(re.findall(r"^# played/(\w+)", errors, flags=re.M))
    if os.environ.get("ERRORS"):
        print(errors[:6000])
    kept = [name for name in programs if name not in refused]
    for name in refused:
        shutil.rmtree(f"{place}/{name}")
    imports = "".join(f'\t"{path}"\n' for path in [*kind.IMPORTS, *(f"played/{name}" for name in kept)])
    inits = {name: ", ".join(f"{name}.Init{number}" for number in range(counts[name])) for name in kept}
    lines = "".join(f'\t"{name}": {{[]func(){{{inits[name]}}}, {name}.Main}},\n' for name in kept)
    put(f"{place}/main.go", PLAYER % {"imports": imports, "programs": lines, "wait": kind.WAIT, "end": kind.END})
    done = go("build", f"-overlay={replaced}", "-o", f"{folder}/player", ".")
    if done.returncode:
        sys.exit(done.stderr[:2000])

    def run(name):
        read, write = os.pipe()
        with open(os.devnull) as nothing:
            process = subprocess.Popen(
                ["bash", "-c", 'exec 3>&"$1"; shift; exec "$@"', "bash", str(write), f"{folder}/player", name],
                stdin=nothing, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[write], text=True, env={**kind.ENVIRONMENT, "PATH": os.environ["PATH"]},
            )
        os.close(write)
        with concurrent.futures.ThreadPoolExecutor(1) as reader:
            said = reader.submit(lambda: os.fdopen(read).read())
            out, err = process.communicate(timeout=60)
            return [line.split("\t") for line in said.result().splitlines()], out, err

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(kept, pool.map(run, kept)))


def told(assize, kind, folder):
    done = subprocess.run([assize, "facts", "--quiet", "--kind", kind.FACTS, folder], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{folder}: {done.stderr}")
    sheet = json.loads(done.stdout)["facts"][0]
    items = []
    for item in sheet["items"]:
        items.append({"line": item["origin"].get("line"), **item["fields"]})
    return items, bool(sheet["gaps"])


def possible(field):
    """The values of a field, none where it is not told."""
    if isinstance(field, dict):
        return field.get("possible")
    return [field]


def read(name):
    """The shapes of a kind: those of its file, and of those whose names begin as its does."""
    shapes = {}
    for path in sorted(glob.glob(f"{HERE}/told/{name}.toml") + glob.glob(f"{HERE}/told/{name}-*.toml")):
        with open(path, "rb") as file:
            for kind, more in tomllib.load(file).items():
                shapes[kind] = {**shapes.get(kind, {}), **more} if isinstance(more, dict) else shapes.get(kind, []) + more
    return shapes


def main():
    assize, folder, name = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
    count, seed = (int(argument) for argument in (sys.argv[4:6] + ["500", "1"][len(sys.argv[4:6]) :]))
    sys.path.insert(0, f"{HERE}/told")
    kind = importlib.import_module(name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shapes = read(name)
    programs = {f"p{number}": Program(shapes, f"{seed}/{number}") for number in range(count)}
    real = play(kind, programs, folder)
    for name in real:
        put(f"{folder}/alone/{name}/go.mod", kind.MODULES.replace("MODULE", "example.com/p"))
        put(f"{folder}/alone/{name}/main.go", programs[name].text("main", "main")[0])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = dict(zip(real, pool.map(lambda name: told(assize, kind, f"{folder}/alone/{name}"), real)))
    # What panics ends early.
    answers = {name: answer for name, answer in answers.items() if ["0", "panicked", ""] not in real[name][0]}
    faults, asked, open_ = 0, collections.Counter(), collections.Counter()
    total = [0, 0]
    for name, (items, gaps) in answers.items():
        wrong, left = kind.compare(real[name], items, gaps)
        for line in wrong:
            print(f"{folder}/alone/{name}/main.go: {line}")
        faults += bool(wrong)
        total = [total[0] + 1, total[1] + left]
        for shape in set(programs[name].used):
            asked[shape] += 1
            open_[shape] += left
    print(f"{len(answers)} programs of {count} compared, {total[1]} left open somewhere, {faults} with faults")
    often = sorted(open_, key=lambda shape: -(open_[shape] / asked[shape]))
    print("most often open:", ", ".join(f"{shape} ({open_[shape]}/{asked[shape]})" for shape in often[: int(os.environ.get("OFTEN", 20))]))
    sys.exit(1 if faults or len(answers) < count * 0.6 else 0)


if __name__ == "__main__":
    main()
