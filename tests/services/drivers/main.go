// A service whose readiness asks its databases, through the drivers that services use, as often as it is asked itself.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

// A dependency by its name in deliverable.toml, and how it is asked.
var dependencies = map[string]func(context.Context) error{}

func main() {
	if addr := os.Getenv("REDIS"); addr != "" {
		dependencies["cache"] = cache(addr)
	}
	if addr := os.Getenv("POSTGRES"); addr != "" {
		dependencies["db"] = database(addr)
	}
	if addr := os.Getenv("ETCD"); addr != "" {
		dependencies["config"] = config(addr)
	}
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, "ok", nil) })
	http.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, "ok", nil) })
	http.HandleFunc("GET /readyz", ready)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Getenv("LISTEN"), nil))
	os.Exit(1)
}

func authorities(file string) *tls.Config {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// cache writes and reads a key.
func cache(addr string) func(context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, TLSConfig: authorities(os.Getenv("REDIS_CA"))})
	return func(ctx context.Context) error {
		if err := client.Ping(ctx).Err(); err != nil {
			return err
		}
		if err := client.Set(ctx, "seen", "yes", time.Minute).Err(); err != nil {
			return err
		}
		value, err := client.Get(ctx, "seen").Result()
		if err == nil && value != "yes" {
			return fmt.Errorf("the cache forgot: %q", value)
		}
		return err
	}
}

// database pings, selects in both protocols, and runs a transaction.
func database(addr string) func(context.Context) error {
	config, err := pgxpool.ParseConfig("postgres://app:secret@" + addr + "/postgres?sslmode=disable")
	if err != nil {
		panic(err)
	}
	config.ConnConfig.TLSConfig = authorities(os.Getenv("POSTGRES_CA"))
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		panic(err)
	}
	return func(ctx context.Context) error {
		if err := pool.Ping(ctx); err != nil {
			return err
		}
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol} {
			var one int
			if err := pool.QueryRow(ctx, "select 1", mode).Scan(&one); err != nil || one != 1 {
				return errors.Join(err, fmt.Errorf("one is %d", one))
			}
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "create temporary table if not exists seen (at text)")
			return err
		})
	}
}

// config asks etcd by its JSON gateway.
func config(addr string) func(context.Context) error {
	client := &http.Client{}
	return func(ctx context.Context) error {
		body := strings.NewReader(`{"key":"c2Vlbg==","value":"eWVz"}`)
		request, err := http.NewRequestWithContext(ctx, "POST", "http://"+addr+"/v3/kv/put", body)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var put struct{ Header struct{ Revision string } }
		return json.NewDecoder(response.Body).Decode(&put)
	}
}

// ready asks all at once, each for at most a second; what OPTIONAL names is told and does not decide.
func ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	var (
		asked  sync.WaitGroup
		lock   sync.Mutex
		states = map[string]string{}
		code   = http.StatusOK
		word   = "ok"
	)
	for name, ask := range dependencies {
		asked.Go(func() {
			err := ask(ctx)
			lock.Lock()
			defer lock.Unlock()
			states[name] = "up"
			if err != nil {
				states[name] = "down: " + kind(err)
				if !slices.Contains(strings.Split(os.Getenv("OPTIONAL"), ","), name) {
					code, word = http.StatusServiceUnavailable, "fail"
				}
			}
		})
	}
	asked.Wait()
	if r.URL.Query().Get("verbose") != "true" {
		states = nil
	}
	answer(w, code, word, states)
}

func kind(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return err.Error()
}

func answer(w http.ResponseWriter, code int, word string, states map[string]string) {
	body := map[string]any{"status": word, "version": "1.0.0", "timestamp": time.Now().UTC().Format(time.RFC3339Nano)}
	if states != nil {
		body["dependencies"] = states
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}
