// Command billing serves invoices.
package main

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"

	"example.com/billing/internal/ledger"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	server := &http.Server{
		Addr:      os.Getenv("LISTEN"),
		Handler:   ledger.Handler(),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13},
	}
	slog.Error("stopped", "reason", server.ListenAndServeTLS("server.pem", "server-key.pem"))
}
