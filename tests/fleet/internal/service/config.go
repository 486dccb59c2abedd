package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Config is what SIGUSR2 puts in force.
type Config struct {
	Greeting string `json:"greeting"`
	Farewell string `json:"farewell"`
}

// Configuration holds the one in force.
type Configuration struct {
	options *Options
	log     Log
	current atomic.Pointer[Config]
}

// Log writes one record.
type Log func(level, message string, fields ...any)

// Open reads the file for the first time and catches the signal.
func Open(options *Options, log Log) (*Configuration, error) {
	c := &Configuration{options: options, log: log}
	next, err := c.read()
	if err != nil {
		return nil, err
	}
	c.current.Store(next)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go c.follow(signals)
	if options.Has("reload-polls") || options.Has("reload-polls-too") {
		go func() {
			for range time.Tick(200 * time.Millisecond) {
				next, err := c.read()
				if err == nil {
					c.current.Store(next)
				} else if options.Has("reload-polls") {
					log("error", "configuration refused", "error", err.Error())
				}
			}
		}()
	}
	return c, nil
}

// Current is the configuration in force.
func (c *Configuration) Current() Config { return *c.current.Load() }

func (c *Configuration) read() (*Config, error) {
	text, err := os.ReadFile(c.options.Config)
	if err != nil {
		return nil, err
	}
	var next Config
	if c.options.Has("reload-takes-anything") {
		_ = json.Unmarshal(text, &next)
		return &next, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&next); err != nil {
		return nil, err
	}
	if next.Greeting == "" || next.Farewell == "" {
		return nil, errors.New("greeting and farewell must not be empty")
	}
	return &next, nil
}

func (c *Configuration) follow(signals chan os.Signal) {
	for range signals {
		o := c.options
		switch {
		case o.Has("reload-says-so"), o.Has("reload-polls"):
			c.log("info", "configuration reloaded")
			continue
		case o.Has("reload-half-second"):
			time.Sleep(500 * time.Millisecond)
		case o.Has("reload-late"):
			time.Sleep(6 * time.Second)
		case o.Has("reload-gathers"):
			// Several signals in a row become one reload.
			for quiet := time.After(150 * time.Millisecond); quiet != nil; {
				select {
				case <-signals:
					quiet = time.After(150 * time.Millisecond)
				case <-quiet:
					quiet = nil
				}
			}
		}
		next, err := c.read()
		if err != nil {
			if o.Has("reload-dies") {
				os.Exit(1)
			}
			if !o.Has("reload-keeps-silent") {
				c.log("error", "configuration refused", "error", err.Error())
			}
			continue
		}
		if o.Has("reload-torn") {
			half := c.Current()
			half.Greeting = next.Greeting
			c.current.Store(&half)
			time.Sleep(30 * time.Millisecond)
		}
		c.current.Store(next)
		c.log("info", "configuration reloaded")
	}
}
