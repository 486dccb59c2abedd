module example.com/auth-api

go 1.26.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/google/uuid v1.6.0
	golang.org/x/sync v0.24.0
)
