"""Routes: the servers that a program starts, asked for health and for profiles by the paths that its shapes can make."""

import json

FACTS = "source.health_handlers"
MODULES = "module MODULE\n\ngo 1.26\n"
IMPORTS = ["net/http"]
ENVIRONMENT = {}
WAIT = 20
END = "http.Played()"

PLAYED = """package http

import (
	"internal/told"
	"net/url"
	"sync"
)

var (
	playing sync.Mutex
	served  []Handler
)

// Serves notes what a server answers with.
func Serves(srv *Server) {
	playing.Lock()
	defer playing.Unlock()
	served = append(served, serverHandler{srv})
}

type answer struct {
	header Header
	code   int
	body   string
}

func (a *answer) Header() Header { return a.header }

func (a *answer) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(200)
	a.body += string(p)
	return len(p), nil
}

// Played asks each server.
func Played() {
	playing.Lock()
	defer playing.Unlock()
	for _, handler := range served {
		befores := []string{"", "/healthz", "/livez"}
		for _, one := range []string{"", "/a", "/b", "/c"} {
			for _, two := range []string{"", "/a", "/b", "/c"} {
				for _, three := range []string{"/a", "/b", "/c"} {
					befores = append(befores, one+two+three)
				}
			}
		}
		for _, before := range befores {
			for _, path := range []string{"/healthz", "/livez", "/readyz", "/health", "/debug/pprof/cmdline", "/debug/vars"} {
				ask(handler, before+path)
				ask(handler, before+path+"/")
			}
		}
	}
}

func ask(handler Handler, path string) {
	defer func() { _ = recover() }()
	to := &answer{header: Header{}}
	handler.ServeHTTP(to, &Request{Method: "GET", URL: &url.URL{Path: path}, RequestURI: path, Host: "example.com", Header: Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: NoBody})
	if to.code == 200 && (to.body == "ok" || path[0] == '/' && len(to.body) > 0 && to.body != "no") {
		told.Say("0", "answers", path)
	}
}
"""


def change(overlay):
    server = "func (s *Server) "
    ended = "Serves(s)\n\treturn ErrServerClosed // instead"
    overlay.begin(
        "net/http/server.go",
        [],
        (server + "Serve(l net.Listener) error {", ended),
        (server + "ServeTLS(l net.Listener, certFile, keyFile string) error {", ended),
        (server + "ListenAndServe() error {", ended),
        (server + "ListenAndServeTLS(certFile, keyFile string) error {", ended),
    )
    overlay.put("net/http/server.go", overlay.text("net/http/server.go").replace('\t"internal/told"\n', ""))
    overlay.put("net/http/played.go", PLAYED)


def compare(real, items, gaps):
    said, _, _ = real
    wrong, left = [], 0
    answered = {path for _, _, path in said if "debug" not in path}
    told = set()
    for item in items:
        path = item["path"]
        if isinstance(path, dict):
            left += 1
            told.update(path.get("possible", ["?"]))
            continue
        told.add(path)
        # Who asks for a path without its last stroke is sent to the one with it.
        if path not in answered and path + "/" not in answered:
            wrong.append(f"{item['line']}: {path} is told, and nobody answers")
    for path in answered:
        # A path that ends with a stroke answers all below it.
        covered = path in told or "?" in told or path.rstrip("/") in told or any(one.endswith("/") and path.startswith(one) for one in told)
        if not covered and not gaps:
            wrong.append(f"{path} is answered, and not told")
    return wrong, bool(left)
