// Package server is the HTTP side of the service: its routes, its middleware and its TLS.
package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/auth-api/internal/config"
	"example.com/auth-api/internal/health"
	"example.com/auth-api/internal/logging"
	"example.com/auth-api/internal/store"
	"github.com/go-chi/chi/v5"
)

// Service is what the handlers share.
type Service struct {
	Config   *config.Store
	Accounts *store.Client
	Log      *slog.Logger
	sessions sessions
}

// HTTP builds the server; it does not listen yet.
func (s *Service) HTTP(certificate tls.Certificate) *http.Server {
	return &http.Server{
		Handler:           s.routes(),
		TLSConfig:         tlsConfig(certificate),
		ErrorLog:          logging.ErrorLog(s.Log),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}

// tlsConfig is the agreed profile: TLS 1.3 and the two groups.
func tlsConfig(certificate tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:       tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519},
		Certificates:     []tls.Certificate{certificate},
	}
}

// Serve answers on the listener until the context ends, then lets running requests finish.
func Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(listener, "", "") }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *Service) routes() http.Handler {
	checks := []health.Check{{Name: "db", Required: true, Ask: s.Accounts.Ping}}
	r := chi.NewRouter()
	r.Use(s.traced, s.recovered)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "no such page")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusMethodNotAllowed, "method not allowed")
	})
	for path, handler := range map[string]http.HandlerFunc{
		"/livez":   health.LiveVerbose(checks),
		"/readyz":  health.Ready(checks),
		"/healthz": health.Ready(checks),
	} {
		r.Get(path, handler)
		r.Head(path, handler)
	}
	r.Get("/greeting", s.greeting)
	r.Get("/events", s.events)
	r.Post("/sessions", s.signIn)
	r.Get("/sessions/{id}", s.session)
	r.Get("/introspect", s.introspect)
	return r
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, what string) {
	answer(w, status, map[string]string{"error": what})
}
