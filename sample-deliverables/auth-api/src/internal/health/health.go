// Package health answers /healthz, /livez and /readyz.
package health

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"example.com/auth-api/internal/version"
	"golang.org/x/sync/errgroup"
)

// Check asks one dependency; it must answer within the context's time.
type Check struct {
	Name     string
	Required bool
	Ask      func(context.Context) error
}

// Timeout bounds one look at all dependencies.
const Timeout = time.Second

type state struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

type answer struct {
	Status       string  `json:"status"`
	Version      string  `json:"version"`
	Timestamp    string  `json:"timestamp"`
	Dependencies []state `json:"dependencies,omitempty"`
}

// Live says that the process serves, whatever its dependencies do.
func Live(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, answer{Status: "ok"})
}

// Ready says whether every required dependency answers now.
func Ready(checks []Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		states, ok := look(r.Context(), checks)
		a := answer{Status: "ok"}
		status := http.StatusOK
		if !ok {
			a.Status, status = "fail", http.StatusServiceUnavailable
		}
		if r.URL.Query().Get("verbose") == "true" {
			a.Dependencies = states
		}
		write(w, status, a)
	}
}

// LiveVerbose adds the dependencies to the answer without letting them decide it.
func LiveVerbose(checks []Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("verbose") != "true" {
			Live(w, r)
			return
		}
		states, _ := look(r.Context(), checks)
		write(w, http.StatusOK, answer{Status: "ok", Dependencies: states})
	}
}

func look(ctx context.Context, checks []Check) ([]state, bool) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	var (
		group  errgroup.Group
		mutex  sync.Mutex
		ok     = true
		states = make([]state, len(checks))
	)
	for i, check := range checks {
		group.Go(func() error {
			states[i] = state{Name: check.Name, Status: "up"}
			if err := check.Ask(ctx); err != nil {
				states[i].Status, states[i].Error = "down", err.Error()
				mutex.Lock()
				ok = ok && !check.Required
				mutex.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait()
	return states, ok
}

func write(w http.ResponseWriter, status int, a answer) {
	a.Version = version.Number
	a.Timestamp = time.Now().UTC().Format(time.RFC3339Nano)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}
