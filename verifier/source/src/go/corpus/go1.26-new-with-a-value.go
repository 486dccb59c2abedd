// Go 1.26: new with a value, and type parameters that name the type they belong to.
package corpus

import "crypto/tls"

type Adder[A Adder[A]] interface{ Add(A) A }

func sum[A Adder[A]](a, b A) A { return a.Add(b) }

var answer = new(42)

func pointers(yes bool) *tls.Config {
	n, s, f := new(1+2), new("x"[:1]), new(func() int { return 1 }())
	_, _, _ = n, s, f
	_ = new(!yes)
	_ = new(-*answer)
	_ = new([]int{1}[0])
	_ = new(map[string]*int{"a": new(3)})
	_ = new(new(tls.Config))                                // a configuration
	config := new(tls.Config{MinVersion: tls.VersionTLS10}) // a configuration
	if yes {
		return new((tls.Config{ // a configuration
			MinVersion: tls.VersionTLS11,
		}))
	}
	new := func(c *tls.Config) *tls.Config { return c }
	return new(config)
}
