// Package ledger keeps invoices.
package ledger

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// Handler serves invoices.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/invoices", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s\n", uuid.New
