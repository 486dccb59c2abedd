// Go 1.22: range over integers, and loops whose variables are new in each turn.
package corpus

import "crypto/tls"

func turns(n int) (all []func() *tls.Config) {
	for range 3 {
		all = all[:0]
	}
	for i := range n {
		all = append(all, func() *tls.Config {
			return &tls.Config{MinVersion: uint16(i)} // a configuration
		})
	}
	var at int
	for at = range len(all) {
	}
	for i := range struct{ n int }{at}.n {
		_ = i
	}
	for i, j := 0, 1; i < j; i++ {
		all = append(all, func() *tls.Config { i++; return nil })
	}
	for _, config := range []tls.Config{{MinVersion: tls.VersionTLS10}} { // a configuration
		all = append(all, func() *tls.Config { return &config })
	}
	return all
}
