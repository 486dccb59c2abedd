"""Random programs that set a server's TLS floor, run by Go, against what `assize facts` tells of them: play.py ASSIZE FOLDER [COUNT [SEED]]

The programs are put together from shapes.toml. The standard library is built with an overlay that prints each configuration that serves, when it
begins to and at the end, so that the programs themselves are untouched. What is told has to be true: the real floor is among those that are
possible, no program with an older one would pass, and none that keeps 1.3 would fail.
"""

import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib

NAMES = {0x301: "VersionTLS10", 0x302: "VersionTLS11", 0x303: "VersionTLS12", 0x304: "VersionTLS13"}
TOLD = {"1.0": 0x301, "1.1": 0x302, "1.2": 0x303, "1.3": 0x304}
TLS13 = 0x304

PROBE = """package tls

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

var serving sync.Map

// Serves says that a program serves with a configuration.
func Serves(config *Config) {
	name := program()
	serving.Store(config, name)
	say(name, config)
}

// Ended says it again of all, as they are now.
func Ended() {
	serving.Range(func(config, name any) bool {
		say(name.(string), config.(*Config))
		serving.Delete(config)
		return true
	})
}

func program() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		if rest, ok := strings.CutPrefix(frame.Function, "played/p"); ok {
			return "p" + rest[:strings.IndexAny(rest, "./")]
		}
		if !more {
			return "nobody"
		}
	}
}

func say(name string, config *Config) {
	version := config.MinVersion
	if config.GetConfigForClient != nil {
		chosen, err := config.GetConfigForClient(&ClientHelloInfo{})
		if err == nil && chosen != nil {
			version = chosen.MinVersion
		}
	}
	fmt.Println(name, version)
}
"""


def overlay(folder):
    """The standard library's servers, which say what they serve with and do nothing else."""
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    replaced = {}

    def put(path, text):
        own = f"{folder}/{os.path.basename(path)}"
        with open(own, "w") as file:
            file.write(text)
        replaced[f"{root}/src/{path}"] = own

    def with_body(text, signature, body):
        start = text.index(signature)
        return text[:start] + signature + "\n\t" + body + text[text.index("\n}\n", start) :]

    tls = open(f"{root}/src/crypto/tls/tls.go").read()
    tls = tls.replace("\tl.config = config\n", "\tl.config = config\n\tServes(config)\n")
    tls = tls.replace("\tc.handshakeFn = c.serverHandshake\n", "\tc.handshakeFn = c.serverHandshake\n\tServes(config)\n")
    listen = tls.index("\nfunc Listen(")
    check = tls.index("\tif config == nil", listen)
    tls = tls[:check] + "\treturn NewListener(nil, config), nil\n}\n" + tls[tls.index("\n}\n", check) + 3 :]
    put("crypto/tls/tls.go", tls)
    put("crypto/tls/serves.go", PROBE)
    http = open(f"{root}/src/net/http/server.go").read()
    server = "func (s *Server) "
    http = with_body(http, server + "ServeTLS(l net.Listener, certFile, keyFile string) error {", "tls.Serves(cloneTLSConfig(s.TLSConfig))\n\treturn ErrServerClosed")
    http = with_body(http, server + "ListenAndServeTLS(certFile, keyFile string) error {", 'return s.ServeTLS(nil, "", "")')
    put("net/http/server.go", http)
    with open(f"{folder}/overlay.json", "w") as file:
        json.dump({"Replace": replaced}, file)
    return f"{folder}/overlay.json"


class Program:
    """One program, in the making."""

    def __init__(self, shapes, seed):
        self.shapes, self.random = shapes, random.Random(seed)
        self.names, self.may = 0, False
        self.imports, self.declarations, self.statements = {"crypto/tls"}, [], []
        made = self.piece("make", self.version())
        self.config, self.pointer = made("c"), made("p")
        for _ in range(self.random.choice([0, 1, 1, 2, 2])):
            self.change()
        self.piece("serve", self.version())
        if self.random.random() < 0.08:
            # Too late for some servers, which have a copy.
            self.may = True
            self.change()

    def change(self):
        changed = self.piece("change", self.version())
        if changed("then"):
            self.config = self.pointer = changed("is") or changed("then")

    def version(self):
        return self.random.choices([TLS13, 0x303, 0x302, 0x301], [10, 4, 2, 3])[0]

    def piece(self, kind, wanted, depth=2):
        shape = self.random.choice(self.shapes[kind])
        self.names += 1
        name, other = f"x{self.names}", self.version()
        if kind == "value" and depth == 0:
            shape = {"expr": "$w"}

        def filled(key):
            text = shape.get(key)
            if text is None:
                return None
            while "$v" in text:
                text = text.replace("$v", self.piece("value", wanted, depth - 1)("expr"), 1)
            text = text.replace("$name", NAMES[wanted]).replace("$n", name).replace("$w", str(wanted)).replace("$o", str(other))
            if kind in ("change", "serve"):
                text = text.replace("$c", self.config).replace("$p", self.pointer)
            return text

        self.imports.update(shape.get("imports", []))
        self.may |= shape.get("may", False)
        for key, place in (("decl", self.declarations), ("stmt", self.statements)):
            text = filled(key)
            if text:
                # Of a callback in another's stead, and of a floor set through a server's field, it is not told what is in force.
                again = "GetConfigForClient" in text or "TLSConfig.MinVersion" in text
                self.may |= again and any("GetConfigForClient" in other for other in self.statements)
                place.append(text)
        return filled

    def text(self, package, main):
        imports = "".join(f'\t"{path}"\n' for path in sorted(self.imports))
        body = "\n".join(self.statements)
        declarations = "\n\n".join(self.declarations)
        return f"package {package}\n\nimport (\n{imports})\n\n{declarations}\n\nfunc {main}() {{\n{body}\n}}\n"


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def play(programs, folder, replaced):
    """The floors with which each program really served; programs that Go refuses are left out."""
    place = f"{folder}/played"
    put(f"{place}/go.mod", "module played\n\ngo 1.26\n")
    for name, program in programs.items():
        put(f"{place}/{name}/main.go", program.text(name, "Main"))
    environment = dict(os.environ, GOENV="off", GOTOOLCHAIN="local", GOFLAGS="", GOWORK="off")

    def go(*arguments):
        return subprocess.run(["go", *arguments], cwd=place, env=environment, capture_output=True, text=True)

    errors = go("build", f"-overlay={replaced}", "./...").stderr
    refused = set(re.findall(r"^# played/(\w+)", errors, flags=re.M))
    kept = [name for name in programs if name not in refused]
    imports = "".join(f'\t"played/{name}"\n' for name in kept)
    calls = "".join(f"\trun({name}.Main)\n" for name in kept)
    run = "func run(main func()) {\n\tdefer tls.Ended()\n\tdefer func() { _ = recover() }()\n\tmain()\n}\n"
    put(f"{place}/main.go", f'package main\n\nimport (\n\t"crypto/tls"\n{imports})\n\n{run}\nfunc main() {{\n{calls}}}\n')
    done = go("run", f"-overlay={replaced}", ".")
    if done.returncode:
        sys.exit(done.stderr[:2000])
    floors = collections.defaultdict(set)
    for line in done.stdout.splitlines():
        name, version = line.split()
        floors[name].add({0: 0x303}.get(int(version), max(int(version), 0x301)))
    return {name: floors[name] for name in kept if floors[name]}


def told(assize, folder):
    """What is said of a program: each configuration that serves or may, with its floors (none: not told)."""
    done = subprocess.run([assize, "facts", "--quiet", "--kind", "source.tls_configs", folder], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{folder}: {done.stderr}")
    sheet = json.loads(done.stdout)["facts"][0]
    items = []
    for item in (item["fields"] for item in sheet["items"] if item["fields"]["role"] != "client"):
        floor = item["min_version"]
        if isinstance(floor, str):
            floors = {TOLD[floor]}
        else:
            floors = {TOLD[one] for one in floor["possible"]} if "possible" in floor else None
        items.append((item["role"] == "server", floors))
    return items, bool(sheet["gaps"])


def fault(real, items, gaps, may):
    servers = [floors for server, floors in items if server]
    high = all(floors and min(floors) >= TLS13 for _, floors in items)
    low = any(floors and max(floors) < TLS13 for floors in servers)
    open_ = gaps or any(floors is None or not server for server, floors in items)
    if min(real) < TLS13 and servers and high and not gaps:
        return "passes, with an older floor"
    if min(real) >= TLS13 and low and not may:
        return "fails, and keeps 1.3"
    if not open_ and not real <= set().union(*servers):
        return "the real floor is not among those told"
    if not open_ and not servers:
        return "no server is seen"
    return None


def main():
    assize, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    count, seed = (int(argument) for argument in (sys.argv[3:5] + ["1000", "1"][len(sys.argv[3:5]) :]))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(os.path.dirname(__file__), "shapes.toml"), "rb") as file:
        shapes = tomllib.load(file)
    programs = {f"p{number}": Program(shapes, f"{seed}/{number}") for number in range(count)}
    real = play(programs, folder, overlay(folder))
    for name in real:
        put(f"{folder}/alone/{name}/go.mod", "module example.com/p\n\ngo 1.26\n")
        put(f"{folder}/alone/{name}/main.go", programs[name].text("main", "main"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = dict(zip(real, pool.map(lambda name: told(assize, f"{folder}/alone/{name}"), real)))
    faults = 0
    sure = 0
    for name, (items, gaps) in answers.items():
        sure += bool(items) and all(floors and len(floors) == 1 for _, floors in items)
        wrong = fault(real[name], items, gaps, programs[name].may)
        if wrong:
            faults += 1
            print(f"{folder}/alone/{name}: {wrong}; really {sorted(map(hex, real[name]))}, told {items}")
    print(f"{len(real)} programs of {count} compared, the floor of {sure} told to one version, {faults} faults")
    sys.exit(1 if faults or len(real) < count * 0.6 else 0)


main()
