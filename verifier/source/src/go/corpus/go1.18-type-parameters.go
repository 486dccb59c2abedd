// Go 1.18: functions and types with type parameters, constraints, instantiation.
package corpus

import "crypto/tls"

type Number interface {
	~int | ~int64 | ~float64
	comparable
}

type List[T any] struct {
	next  *List[T]
	value T
}

type Set[S interface{ ~[]E }, E comparable] map[string]S

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (l *List[T]) Push(value T) *List[T] { return &List[T]{next: l, value: value} }

func (Pair[K, _]) Name() string { return "" }

func Map[K comparable, V, W any](all map[K]V, f func(V) W) (out []W) {
	for _, value := range all {
		out = append(out, f(value))
	}
	return out
}

func Pointer[P *int](p P) P { return p }

func Sum[N Number](all ...N) (sum N) {
	for _, n := range all {
		sum += n
	}
	return
}

var total = Sum[float64]

func configurations() []*tls.Config {
	list := (&List[*tls.Config]{}).Push(&tls.Config{MinVersion: tls.VersionTLS10})  // a configuration
	pair := Pair[string, tls.Config]{"x", tls.Config{MinVersion: tls.VersionTLS11}} // a configuration
	return append(Map[string, *tls.Config](nil, func(c *tls.Config) *tls.Config { return c }), list.value, &pair.Value)
}
