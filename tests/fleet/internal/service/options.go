// Package service is what the services of the fleet share: their settings, their configuration and the parts that some of them fake.
package service

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// Name and Version are what every service of the fleet says of itself.
const (
	Name    = "fleet"
	Version = "2.3.1"
)

// Options come from flags and the environment.
type Options struct {
	Config, Certificate, Key, Clients string
	Listen, Second, Store             string
	with                              map[string]bool
}

// Parse reads the flags; -with names what is special about this instance.
func Parse(args []string) (*Options, error) {
	o := &Options{Listen: os.Getenv("LISTEN"), Second: os.Getenv("SECOND"), Store: os.Getenv("STORE"), with: map[string]bool{}}
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.Config, "config", "config.json", "configuration file")
	flags.StringVar(&o.Certificate, "certificate", "server.pem", "certificate chain")
	flags.StringVar(&o.Key, "key", "server-key.pem", "private key")
	flags.StringVar(&o.Clients, "clients", "", "authority of client certificates")
	with := flags.String("with", "", "what is special, by commas")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	for _, name := range strings.Split(*with, ",") {
		o.with[name] = name != ""
	}
	if o.Listen == "" {
		return nil, fmt.Errorf("LISTEN must be set")
	}
	return o, nil
}

// Has says whether the instance has a speciality.
func (o *Options) Has(name string) bool { return o.with[name] }
