// Go 1.27: methods with type parameters of their own.
package corpus

import "crypto/tls"

type Store struct{ all []any }

type Box[T any] struct{ one T }

func (s *Store) Put[T any](one T) *Store {
	s.all = append(s.all, one)
	return s
}

func (Store) Make[P interface{ *C }, C any](config C) P { return &config }

func (b Box[T]) With[K comparable, V any](key K, f func(T) V) map[K]V {
	return map[K]V{key: f(b.one)}
}

func (s Store) configured[T any](T) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS10} // a configuration
}

func methods() *tls.Config {
	var store Store
	store.Put[int](1).Put("x")
	put := store.Put[*tls.Config]
	put(&tls.Config{MinVersion: tls.VersionTLS11}) // a configuration
	_ = Box[int]{1}.With[string, bool]("a", func(n int) bool { return n > 0 })
	return store.configured(store.Make(tls.Config{MinVersion: tls.VersionTLS12})) // a configuration
}
