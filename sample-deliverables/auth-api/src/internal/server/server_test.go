package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/auth-api/internal/config"
	"example.com/auth-api/internal/logging"
	"example.com/auth-api/internal/store"
)

func service(t *testing.T, accounts http.HandlerFunc) (*Service, *bytes.Buffer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"greeting":"hello","farewell":"goodbye"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	configuration, err := config.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	db := httptest.NewServer(accounts)
	t.Cleanup(db.Close)
	var out bytes.Buffer
	return &Service{
		Config:   configuration,
		Accounts: store.New(strings.TrimPrefix(db.URL, "http://")),
		Log:      logging.New(&out),
	}, &out
}

func TestAnswers(t *testing.T) {
	s, _ := service(t, func(w http.ResponseWriter, r *http.Request) {})
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/greeting", "", 200},
		{"GET", "/readyz", "", 200},
		{"HEAD", "/livez", "", 200},
		{"POST", "/livez", "", 405},
		{"POST", "/sessions", `{"user":"a"}`, 201},
		{"POST", "/sessions", `{}`, 400},
		{"GET", "/sessions/x", "", 400},
		{"GET", "/sessions/7f0c6f6e-57a1-4d8e-9f0f-1d7a3a2f9f11", "", 404},
		{"GET", "/introspect?token=x", "", 500},
		{"GET", "/nowhere", "", 404},
	} {
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code != c.status {
			t.Errorf("%s %s: %d, not %d", c.method, c.path, w.Code, c.status)
		}
	}
}

func TestRecordsCarryTheTraceOfTheRequest(t *testing.T) {
	s, out := service(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
	trace := strings.Repeat("ab", 16)
	r := httptest.NewRequest("POST", "/sessions", strings.NewReader(`{"user":"a\nb"}`))
	r.Header.Set("traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	s.routes().ServeHTTP(httptest.NewRecorder(), r)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), out)
	}
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["trace_id"] != trace {
			t.Errorf("%s: %v", line, err)
		}
	}
}
