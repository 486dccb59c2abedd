// Package checksum adds the partner checksum to answers.
package checksum

// #include <stdint.h>
// #include <stddef.h>
//
// static uint32_t sum(const unsigned char *p, size_t n) {
//     uint32_t h = 2166136261u;
//     for (size_t i = 0; i < n; i++) { h ^= p[i]; h *= 16777619u; }
//     return h;
// }
import "C"

import (
	"fmt"
	"net/http"
	"unsafe"
)

// Sum is FNV-1a, in C because the old gateway had it in C.
func Sum(text string) uint32 {
	if text == "" {
		return 2166136261
	}
	bytes := []byte(text)
	return uint32(C.sum((*C.uchar)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes))))
}

// Middleware writes the checksum of the path into a header.
func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Checksum", fmt.Sprintf("%08x", Sum(r.URL.Path)))
		next.ServeHTTP(w, r)
	})
}
