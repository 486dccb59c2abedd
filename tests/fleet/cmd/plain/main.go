// Command plain is a service of the fleet with the standard library alone: net/http and log/slog.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"example.com/fleet/internal/service"
)

func main() {
	o, err := service.Parse(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

func output(o *service.Options) (io.Writer, error) {
	switch {
	case o.Has("log-to-standard-output"):
		return os.Stdout, nil
	case o.Has("log-to-a-file"):
		return os.OpenFile("service.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	case o.Has("log-to-both"):
		return io.MultiWriter(os.Stdout, os.Stderr), nil
	}
	return os.Stderr, nil
}

func logger(o *service.Options, out io.Writer) *slog.Logger {
	rename := func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
			return a
		case a.Key == slog.TimeKey:
			return slog.String("ts", written(o, a.Value.Time()))
		case a.Key == slog.LevelKey && !o.Has("log-upper-case"):
			return slog.String("level", strings.ToLower(a.Value.String()))
		}
		return a
	}
	l := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: rename})).With("service", service.Name)
	slog.SetDefault(l)
	return l
}

func written(o *service.Options, at time.Time) string {
	switch {
	case o.Has("log-local-time"):
		return at.Format(time.RFC3339Nano)
	case o.Has("log-milliseconds"):
		return at.UTC().Format("2006-01-02T15:04:05.000Z")
	case o.Has("log-zero-offset"):
		return at.UTC().Format("2006-01-02T15:04:05.000000+00:00")
	case o.Has("log-minute-behind"):
		return at.Add(-time.Minute).UTC().Format(time.RFC3339Nano)
	}
	return at.UTC().Format(time.RFC3339Nano)
}

func run(o *service.Options) error {
	out, err := output(o)
	if err != nil {
		return err
	}
	l := logger(o, out)
	if o.Has("log-banner") {
		fmt.Println("fleet", service.Version, "is starting")
	}
	record := func(level, message string, fields ...any) {
		l.Log(context.Background(), map[string]slog.Level{"info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[level], message, fields...)
	}
	configuration, err := service.Open(o, record)
	if err != nil {
		return err
	}
	config, err := service.TLS(o)
	if err != nil {
		return err
	}
	if err := service.Confine(o); err != nil {
		return err
	}
	listener, err := service.Listen(o)
	if err != nil {
		return err
	}
	if err := service.Beside(o, config); err != nil {
		return err
	}
	server := &http.Server{Handler: traced(o, l, routes(o, configuration)), TLSConfig: config, ErrorLog: slog.NewLogLogger(l.Handler(), slog.LevelWarn)}
	special(o, server)
	if o.Has("log-chatter") {
		go func() {
			for range time.Tick(10 * time.Millisecond) {
				l.Debug("tick")
				l.Info("tick", "nested", map[string]any{"list": []any{1, "two", nil}, "text": "{\"ts\":\"x\"}\n\u2028"})
			}
		}()
	}
	l.Info("listening", "address", listener.Addr().String())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(listener, "", "") }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	if o.Has("log-farewell") {
		fmt.Fprintln(os.Stderr, "bye")
	}
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	l.Info("ended")
	return nil
}

func special(o *service.Options, server *http.Server) {
	switch {
	case o.Has("no-keep-alive"):
		server.SetKeepAlivesEnabled(false)
	case o.Has("short-time-outs"):
		server.ReadTimeout, server.IdleTimeout, server.MaxHeaderBytes = time.Second, 300*time.Millisecond, 4<<10
	case o.Has("log-of-http"):
		server.ErrorLog = log.New(os.Stderr, "", log.LstdFlags)
	}
}

func routes(o *service.Options, configuration *service.Configuration) http.Handler {
	mux := http.NewServeMux()
	health := service.NewHealth(o)
	method := "GET "
	if o.Has("every-method-is-health") {
		method = ""
	}
	mux.HandleFunc(method+"/livez", health.Serve("live"))
	mux.HandleFunc(method+"/readyz", health.Serve("ready"))
	mux.HandleFunc(method+"/healthz", health.Serve("health"))
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, _ *http.Request) {
		service.Needed(o)
		answer(w, configuration.Current())
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(1500 * time.Millisecond)
		answer(w, map[string]bool{"done": true})
	})
	mux.HandleFunc("GET /fails", func(http.ResponseWriter, *http.Request) { panic("asked to") })
	return mux
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// traced logs each request with its trace, and a panic as one record.
func traced(o *service.Options, l *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace := trace(r)
		if o.Has("log-own-trace") {
			trace = fresh()
		}
		defer func() {
			cause := recover()
			switch {
			case cause == nil:
				l.Info("request", "path", r.URL.Path, "agent", r.UserAgent(), "trace_id", trace)
				if o.Has("log-two-at-once") {
					fmt.Fprintf(os.Stderr, `{"ts":%q,"level":"info","service":"fleet"}{"level":"info"}`+"\n", time.Now().UTC().Format(time.RFC3339))
				}
			case cause == http.ErrAbortHandler || o.Has("log-panics-plainly"):
				panic(cause)
			default:
				l.Error("panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()), "trace_id", trace)
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func trace(r *http.Request) string {
	if parts := strings.Split(r.Header.Get("traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
		return parts[1]
	}
	return fresh()
}

func fresh() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}
