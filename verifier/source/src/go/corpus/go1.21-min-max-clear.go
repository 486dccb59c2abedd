// Go 1.21: the built-in functions min, max and clear; functions as arguments whose type parameters are inferred.
package corpus

import "crypto/tls"

func each[T any](all []T, f func(T)) {
	for _, one := range all {
		f(one)
	}
}

func drop[T any](T) {}

func bounds(versions map[string]uint16, list []int) *tls.Config {
	clear(list)
	clear(versions)
	each(list, drop)
	_ = max("a", "b"+"c", `d`)
	low := min(1, 2.5, float64(len(list)))
	if min := int(low); min > max(0, 1) {
		return nil
	}
	return &tls.Config{MinVersion: max(tls.VersionTLS10, tls.VersionTLS11), MaxVersion: min(uint16(low), tls.VersionTLS12)} // a configuration
}
