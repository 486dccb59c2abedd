// Package config reads the gateway's configuration.
package config

import (
	"encoding/json"
	"os"
)

// Config is the gateway's configuration.
type Config struct {
	Greeting string `json:"greeting"`
	Orders   string `json:"orders"`
}

// Load reads it from a file.
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	config := &Config{}
	if err := json.Unmarshal(text, config); err != nil {
		return nil, err
	}
	if address := os.Getenv("ORDERS_ADDR"); address != "" {
		config.Orders = "http://" + address
	}
	return config, nil
}
