// Go 1.23: range over functions.
package corpus

import (
	"crypto/tls"
	"iter"
)

func configs(yield func(string, *tls.Config) bool) {
	_ = yield("old", &tls.Config{MinVersion: tls.VersionTLS10}) && yield("new", nil) // a configuration
}

func versions() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for v := range uint16(3) {
			if !yield(v + 769) {
				return
			}
		}
	}
}

func walk() *tls.Config {
	for range func(yield func() bool) {} {
	}
	for name, config := range configs {
		if name == "old" {
			return config
		}
	}
	for v := range versions() {
		return &tls.Config{MinVersion: v} // a configuration
	}
outer:
	for range configs {
		for range versions() {
			continue outer
		}
	}
	return nil
}
