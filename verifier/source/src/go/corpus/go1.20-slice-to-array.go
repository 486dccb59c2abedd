// Go 1.20: conversions of slices to arrays; unsafe.String, StringData and SliceData.
package corpus

import (
	"crypto/tls"
	"unsafe"
)

func arrays(all []byte, configs []tls.Config) (four [4]byte, first [1]tls.Config) {
	four = [4]byte(all)
	_ = [0]byte([]byte{})
	_ = *(*[2]byte)(all)
	_ = unsafe.String(unsafe.SliceData(all), len(all))
	first = [1]tls.Config([]tls.Config{{MinVersion: tls.VersionTLS10}}) // a configuration
	return four, [...]tls.Config{first[0]}
}
