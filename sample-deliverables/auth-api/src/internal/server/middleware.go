package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"example.com/auth-api/internal/logging"
)

// traced takes the trace of the request over (W3C Trace Context) or begins one, and logs the request.
// Health probes are logged only when they fail: they come every few seconds.
func (s *Service) traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace, ok := traceOf(r.Header.Get("traceparent"))
		if !ok {
			trace = newTrace()
		}
		r = r.WithContext(logging.WithTrace(r.Context(), trace))
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		start := time.Now()
		next.ServeHTTP(recorder, r)
		if strings.HasSuffix(r.URL.Path, "z") && recorder.status < 400 {
			return
		}
		s.Log.InfoContext(r.Context(), "request",
			"method", r.Method, "path", r.URL.Path, "query", r.URL.RawQuery, "agent", r.UserAgent(),
			"status", recorder.status, "took_ms", time.Since(start).Milliseconds())
	})
}

// recovered answers 500 where a handler panics, and logs the panic as one record.
func (s *Service) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			s.Log.ErrorContext(r.Context(), "handler panicked", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			problem(w, http.StatusInternalServerError, "internal error")
		}()
		next.ServeHTTP(w, r)
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// traceOf reads the trace id of a traceparent header of version 00.
func traceOf(header string) (string, bool) {
	parts := strings.Split(header, "-")
	if len(parts) != 4 || parts[0] != "00" || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return "", false
	}
	if parts[1] != strings.ToLower(parts[1]) || parts[1] == strings.Repeat("0", 32) {
		return "", false
	}
	_, err := hex.DecodeString(parts[1] + parts[2] + parts[3])
	return parts[1], err == nil
}

func newTrace() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	return hex.EncodeToString(id[:])
}
