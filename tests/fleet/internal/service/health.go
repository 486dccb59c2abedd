package service

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Health answers the three paths.
type Health struct {
	options *Options
	client  *http.Client
	begun   time.Time
	// The last state that the background found, and since when it is kept.
	kept  atomic.Pointer[state]
	latch atomic.Bool
}

type state struct {
	at time.Time
	ok bool
}

// NewHealth prepares the looks at the store.
func NewHealth(options *Options) *Health {
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, ResponseHeaderTimeout: time.Second}
	h := &Health{options: options, begun: time.Now(), client: &http.Client{Transport: transport, Timeout: 1500 * time.Millisecond}}
	if options.Has("ready-by-background") {
		h.kept.Store(&state{})
		go func() {
			for {
				h.kept.Store(&state{at: time.Now(), ok: h.ask() == nil})
				time.Sleep(500 * time.Millisecond)
			}
		}()
	}
	return h
}

// ask looks at the store now.
func (h *Health) ask() error {
	o := h.options
	switch {
	case o.Store == "":
		return nil
	case o.Has("store-is-redis"):
		return ping(o.Store)
	case o.Has("ready-by-dialling"):
		connection, err := net.DialTimeout("tcp", o.Store, time.Second)
		if err == nil {
			connection.Close()
		}
		return err
	}
	client := h.client
	if o.Has("ready-without-time-out") {
		client = http.DefaultClient
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+o.Store+"/health", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the store answered %s", answer.Status)
	}
	return err
}

// ping speaks RESP, the protocol of Redis.
func ping(address string) error {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(connection, "*1\r\n$4\r\nPING\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err == nil && line != "+PONG\r\n" {
		err = fmt.Errorf("the store said %q", line)
	}
	return err
}

func (h *Health) ready() bool {
	o := h.options
	switch {
	case o.Has("ready-always"):
		return true
	case o.Has("ready-by-background"):
		return h.kept.Load().ok
	case o.Has("ready-cached"), o.Has("ready-cached-long"):
		for_ := time.Second
		if o.Has("ready-cached-long") {
			for_ = 5 * time.Minute
		}
		if kept := h.kept.Load(); kept != nil && time.Since(kept.at) < for_ {
			return kept.ok
		}
		ok := h.ask() == nil
		h.kept.Store(&state{at: time.Now(), ok: ok})
		return ok
	case o.Has("ready-latched"):
		if h.ask() != nil {
			h.latch.Store(true)
		}
		return !h.latch.Load()
	case o.Has("ready-flapping"):
		return h.ask() == nil || time.Now().UnixMilli()/400%2 == 0
	}
	return h.ask() == nil
}

// Serve answers one path: "live", "ready" or "health".
func (h *Health) Serve(role string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o := h.options
		ok := true
		if role != "live" || o.Has("live-coupled") {
			ok = h.ready()
		}
		status, word := http.StatusOK, "ok"
		if !ok {
			status, word = http.StatusServiceUnavailable, "fail"
			switch {
			case o.Has("ready-says-fail-with-200"):
				status = http.StatusOK
			case o.Has("ready-answers-500"):
				status = http.StatusInternalServerError
			case o.Has("ready-hangs-up"):
				panic(http.ErrAbortHandler)
			}
		}
		if o.Has("status-up") {
			word = map[bool]string{true: "UP", false: "DOWN"}[ok]
		}
		body := map[string]any{"status": word, "version": h.version(), "timestamp": h.timestamp(r)}
		if r.URL.Query().Get("verbose") == "true" && o.Store != "" {
			body["checks"] = map[string]any{"store": map[string]any{"status": h.told()}}
		}
		if o.Has("health-more") {
			body["uptime_s"], body["build"] = int(time.Since(h.begun).Seconds()), map[string]string{"commit": "none"}
		}
		h.write(w, r, status, body)
	}
}

// told is what ?verbose=true says of the store.
func (h *Health) told() string {
	if h.options.Has("verbose-hard-coded") || h.ask() == nil {
		return "up"
	}
	return "down"
}

func (h *Health) version() string {
	switch {
	case h.options.Has("version-v"):
		return "v" + Version
	case h.options.Has("version-other"):
		return "2.3.0"
	}
	return Version
}

func (h *Health) timestamp(r *http.Request) string {
	now, o := time.Now(), h.options
	switch {
	case o.Has("time-of-start"):
		return h.begun.UTC().Format(time.RFC3339Nano)
	case o.Has("time-local"):
		return now.Format(time.RFC3339)
	case o.Has("time-local-as-z"):
		return now.Format("2006-01-02T15:04:05Z")
	case o.Has("time-behind"):
		return now.Add(-10 * time.Second).UTC().Format(time.RFC3339Nano)
	case o.Has("time-in-seconds"):
		return now.UTC().Format(time.RFC3339)
	case o.Has("time-in-milliseconds"):
		return now.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	case o.Has("time-by-minute"):
		return now.UTC().Truncate(time.Minute).Format(time.RFC3339)
	case o.Has("time-for-probes") && !strings.HasPrefix(r.UserAgent(), "kube-probe/"):
		return h.begun.UTC().Format(time.RFC3339Nano)
	}
	return now.UTC().Format(time.RFC3339Nano)
}

func (h *Health) write(w http.ResponseWriter, r *http.Request, status int, body map[string]any) {
	o := h.options
	text, _ := json.Marshal(body)
	kind := "application/json"
	switch {
	case o.Has("health-pretty"):
		text, _ = json.MarshalIndent(body, "", "  ")
		text = append(text, '\n')
	case o.Has("health-charset"):
		kind = "application/json; charset=utf-8"
	case o.Has("health-text"):
		kind = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	if o.Has("health-gzip") && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		packed := gzip.NewWriter(w)
		_, _ = packed.Write(text)
		_ = packed.Close()
		return
	}
	w.WriteHeader(status)
	if o.Has("health-in-pieces") {
		for _, b := range text {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
		return
	}
	_, _ = w.Write(text)
}
