// Package logging makes every line of the service one JSON record.
package logging

import (
	"context"
	"io"
	"log"
	"log/slog"
	"strings"
	"time"

	"example.com/auth-api/internal/version"
)

// New returns the logger of the whole service: ts, level, service, msg and, inside a request, trace_id.
// It becomes the default of log/slog, and with that of the standard logger too.
func New(out io.Writer) *slog.Logger {
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: rename})
	logger := slog.New(traced{handler}).With("service", version.Service)
	slog.SetDefault(logger)
	return logger
}

// ErrorLog is for net/http, which writes about failed handshakes and broken connections itself.
func ErrorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelWarn)
}

func rename(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		return slog.String("ts", a.Value.Time().UTC().Format(time.RFC3339Nano))
	case slog.LevelKey:
		return slog.String("level", strings.ToLower(a.Value.String()))
	}
	return a
}

type traceKey struct{}

// WithTrace remembers the trace of a request for the records written on its behalf.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Trace is the trace of the request, or empty.
func Trace(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey{}).(string)
	return trace
}

// traced adds trace_id to records that are written inside a request.
type traced struct{ slog.Handler }

func (t traced) Handle(ctx context.Context, record slog.Record) error {
	if trace := Trace(ctx); trace != "" {
		record.AddAttrs(slog.String("trace_id", trace))
	}
	return t.Handler.Handle(ctx, record)
}

func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{t.Handler.WithAttrs(attrs)}
}

func (t traced) WithGroup(name string) slog.Handler {
	return traced{t.Handler.WithGroup(name)}
}
