// Command rpc is a service of the fleet that speaks gRPC, with its health over HTTP on a port of its own.
package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.com/fleet/internal/service"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	l := logger()
	o, err := service.Parse(os.Args[1:])
	if err == nil {
		err = run(o, l)
	}
	if err != nil {
		l.Error("stopped", zap.Error(err))
		os.Exit(1)
	}
}

func logger() *zap.Logger {
	form := zap.NewProductionEncoderConfig()
	form.TimeKey, form.EncodeLevel = "ts", zapcore.LowercaseLevelEncoder
	form.EncodeTime = func(at time.Time, to zapcore.PrimitiveArrayEncoder) {
		to.AppendString(at.UTC().Format(time.RFC3339Nano))
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(form), zapcore.AddSync(os.Stderr), zap.InfoLevel)
	return zap.New(core).With(zap.String("service", service.Name))
}

func run(o *service.Options, l *zap.Logger) error {
	record := func(level, message string, fields ...any) {
		parsed, _ := zapcore.ParseLevel(level)
		l.Sugar().Logw(parsed, message, fields...)
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
	calls, err := net.Listen("tcp", o.Second)
	if err != nil {
		return err
	}
	secure := config.Clone()
	secure.NextProtos = nil // the library adds h2
	options := []grpc.ServerOption{grpc.Creds(credentials.NewTLS(secure))}
	if o.Has("calls-in-clear") {
		options = nil
	}
	rpc := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(rpc, health.NewServer())
	go func() { _ = rpc.Serve(calls) }()
	listener, err := service.Listen(o)
	if err != nil {
		return err
	}
	bridged, err := zap.NewStdLogAt(l, zap.WarnLevel)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(o, configuration, l), TLSConfig: config, ErrorLog: bridged}
	l.Info("listening", zap.Stringer("calls", calls.Addr()), zap.Stringer("health", listener.Addr()))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		rpc.GracefulStop()
		_ = server.Close()
	}()
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		return err
	}
	l.Info("ended")
	return nil
}

func routes(o *service.Options, configuration *service.Configuration, l *zap.Logger) http.Handler {
	mux := http.NewServeMux()
	state := service.NewHealth(o)
	for path, role := range map[string]string{"GET /livez": "live", "GET /readyz": "ready", "GET /healthz": "health"} {
		mux.HandleFunc(path, state.Serve(role))
	}
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(configuration.Current()) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(1500 * time.Millisecond)
		_, _ = w.Write([]byte("done"))
	})
	mux.HandleFunc("GET /fails", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "asked to", http.StatusInternalServerError)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
		fields := []zap.Field{zap.String("path", r.URL.Path)}
		if parts := strings.Split(r.Header.Get("traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
			fields = append(fields, zap.String("trace_id", parts[1]))
		}
		l.Info("request", fields...)
	})
}
