// Go 1.27: literals of structs that name the fields of what is embedded.
package corpus

import "crypto/tls"

type Settings struct {
	tls.Config // a configuration
	Name       string
}

type Outer struct {
	Settings
	Port int
}

func promoted() []*tls.Config {
	one := Settings{Name: "one", MinVersion: tls.VersionTLS10}                                  // a configuration
	two := &Outer{Port: 1, Name: "two", MinVersion: tls.VersionTLS11, InsecureSkipVerify: true} // a configuration
	return []*tls.Config{&one.Config, &two.Config}
}
