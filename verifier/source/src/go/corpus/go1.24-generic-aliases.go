// Go 1.24: aliases of types with type parameters.
package corpus

import "crypto/tls"

type Held[T any] struct{ One T }

type Same[T any] = Held[T]

type (
	Table[K comparable]    = map[K]*tls.Config
	Wide[A, B any, C ~[]A] = struct {
		a A
		b B
		c C
	}
)

type Config = tls.Config

func aliased() *Config {
	held := Same[tls.Config]{One: tls.Config{MinVersion: tls.VersionTLS10}} // a configuration
	table := Table[string]{"x": {MinVersion: tls.VersionTLS11}}             // a configuration
	if table == nil {
		return &Config{MinVersion: tls.VersionTLS12} // a configuration
	}
	return &held.One
}
