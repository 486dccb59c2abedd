package health

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func ask(handler http.HandlerFunc, path string) (int, answer) {
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest(http.MethodGet, path, nil))
	var a answer
	_ = json.Unmarshal(w.Body.Bytes(), &a)
	return w.Code, a
}

func TestReadinessFollowsRequiredDependenciesOnly(t *testing.T) {
	down := func(context.Context) error { return errors.New("down") }
	for _, required := range []bool{true, false} {
		checks := []Check{{Name: "db", Required: required, Ask: down}}
		code, a := ask(Ready(checks), "/readyz?verbose=true")
		if want := map[bool]int{true: 503, false: 200}[required]; code != want {
			t.Errorf("required %v: %d", required, code)
		}
		if len(a.Dependencies) != 1 || a.Dependencies[0].Status != "down" {
			t.Errorf("%+v", a)
		}
		if code, _ := ask(LiveVerbose(checks), "/livez?verbose=true"); code != 200 {
			t.Errorf("liveness is coupled to the dependency: %d", code)
		}
	}
}
