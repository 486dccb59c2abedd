// Package config reads the service's configuration file and keeps the one in force.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// Config is one whole configuration. It is never changed after it was read.
type Config struct {
	Greeting   string `json:"greeting"`
	Farewell   string `json:"farewell"`
	SessionTTL string `json:"session_ttl"`
}

// Store hands out the configuration in force; replacing it is one pointer swap,
// so that no request sees half of the old and half of the new one.
type Store struct {
	path    string
	current atomic.Pointer[Config]
}

// Open reads the file for the first time.
func Open(path string) (*Store, error) {
	store := &Store{path: path}
	if err := store.Reload(); err != nil {
		return nil, err
	}
	return store, nil
}

// Current is the configuration in force.
func (s *Store) Current() *Config { return s.current.Load() }

// Reload reads the file again. On an error the configuration in force stays.
func (s *Store) Reload() error {
	text, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	next, err := Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.current.Store(next)
	return nil
}

// Parse accepts one JSON object with known fields and nothing after it.
func Parse(text []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var c Config
	if err := decoder.Decode(&c); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the configuration")
	}
	if c.Greeting == "" || c.Farewell == "" {
		return nil, errors.New("greeting and farewell must not be empty")
	}
	return &c, nil
}
