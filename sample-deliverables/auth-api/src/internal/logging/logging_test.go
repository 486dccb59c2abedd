package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"strings"
	"testing"
	"time"
)

func record(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return fields
}

func TestRecordHasTheAgreedForm(t *testing.T) {
	var out bytes.Buffer
	logger := New(&out)
	ctx := WithTrace(context.Background(), strings.Repeat("a", 32))
	logger.InfoContext(ctx, "line\nbreak", "path", "/a\x1b[2K")
	fields := record(t, out.Bytes())
	if fields["level"] != "info" || fields["service"] != "auth-api" || fields["trace_id"] != strings.Repeat("a", 32) {
		t.Errorf("%v", fields)
	}
	ts, err := time.Parse(time.RFC3339Nano, fields["ts"].(string))
	if err != nil || ts.Location() != time.UTC {
		t.Errorf("%v %v", fields["ts"], err)
	}
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("not one line: %q", out.String())
	}
}

func TestStandardLoggersAreBridged(t *testing.T) {
	var out bytes.Buffer
	logger := New(&out)
	log.Printf("from the standard logger")
	record(t, out.Bytes())
	out.Reset()
	ErrorLog(logger).Printf("http: TLS handshake error from 127.0.0.1:1: EOF")
	if record(t, out.Bytes())["level"] != "warn" {
		t.Error(out.String())
	}
}
