// Command auth-api signs accounts in and keeps their sessions.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"example.com/auth-api/internal/config"
	"example.com/auth-api/internal/logging"
	"example.com/auth-api/internal/seccomp"
	"example.com/auth-api/internal/server"
	"example.com/auth-api/internal/store"
	"example.com/auth-api/internal/version"
)

func main() {
	logger := logging.New(os.Stderr)
	if err := run(os.Args[1:], logger); err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
}

type settings struct {
	config, certificate, key string
	listen, accounts         string
	version                  bool
}

func parse(args []string) (settings, error) {
	s := settings{listen: os.Getenv("LISTEN"), accounts: os.Getenv("DB_ADDR")}
	flags := flag.NewFlagSet("auth-api", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake becomes a log record like everything else
	flags.StringVar(&s.config, "config", "config.json", "configuration file, read again on SIGUSR2")
	flags.StringVar(&s.certificate, "certificate", "tls/server.pem", "certificate chain")
	flags.StringVar(&s.key, "key", "tls/server-key.pem", "private key")
	flags.BoolVar(&s.version, "version", false, "print the version and end")
	err := flags.Parse(args)
	return s, err
}

func run(args []string, logger *slog.Logger) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.version {
		fmt.Println("auth-api", version.Number)
		return nil
	}
	if s.listen == "" || s.accounts == "" {
		return errors.New("LISTEN and DB_ADDR must be set")
	}
	configuration, err := config.Open(s.config)
	if err != nil {
		return err
	}
	certificate, err := tls.LoadX509KeyPair(s.certificate, s.key)
	if err != nil {
		return err
	}
	// The signal is caught before anything can send it: its default action would end the process.
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGUSR2)
	go reloads(reload, configuration, logger)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// Denied before the port is open, so that no request is ever served without the filter.
	if err := seccomp.Load(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	service := &server.Service{Config: configuration, Accounts: store.New(s.accounts), Log: logger}
	logger.Info("listening", "address", listener.Addr().String(), "version", version.Number)
	if err := server.Serve(ctx, service.HTTP(certificate), listener); err != nil {
		return err
	}
	logger.Info("ended")
	return nil
}

func reloads(signals <-chan os.Signal, configuration *config.Store, logger *slog.Logger) {
	for range signals {
		if err := configuration.Reload(); err != nil {
			logger.Error("configuration refused, the old one stays in force", "error", err)
			continue
		}
		logger.Info("configuration reloaded")
	}
}
