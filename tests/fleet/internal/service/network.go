package service

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"time"
)

// TLS is the agreed profile, or what an instance has in its place.
func TLS(o *Options) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(o.Certificate, o.Key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:       tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519},
		Certificates:     []tls.Certificate{certificate},
		NextProtos:       []string{"h2", "http/1.1"},
	}
	older := config.Clone()
	older.MinVersion = tls.VersionTLS12
	switch {
	case o.Has("tls-12"):
		config.MinVersion = tls.VersionTLS12
	case o.Has("tls-12-off-loopback"):
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if address, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok && !address.IP.IsLoopback() {
				return older, nil
			}
			return nil, nil
		}
	case o.Has("tls-12-in-even-seconds"):
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			if time.Now().Unix()%2 == 0 {
				return older, nil
			}
			return nil, nil
		}
	case o.Has("tls-one-group"):
		config.CurvePreferences = []tls.CurveID{tls.X25519}
	case o.Has("tls-default-groups"):
		config.CurvePreferences = nil
	case o.Has("tls-h2-only"):
		config.NextProtos = []string{"h2"}
	case o.Has("tls-no-tickets"):
		config.SessionTicketsDisabled = true
	case o.Has("tls-strict-names"):
		config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != "localhost" {
				return nil, errors.New("no such name")
			}
			return &certificate, nil
		}
		config.Certificates = nil
	}
	if o.Clients != "" {
		text, err := os.ReadFile(o.Clients)
		if err != nil {
			return nil, err
		}
		config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		config.ClientCAs.AppendCertsFromPEM(text)
	}
	return config, nil
}

// Listen opens the main listener, when the instance is ready for that.
func Listen(o *Options) (net.Listener, error) {
	if o.Has("slow-start") {
		time.Sleep(5 * time.Second)
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	if o.Has("hangs-up-on-every-third") {
		return &tired{Listener: listener}, nil
	}
	return listener, nil
}

type tired struct {
	net.Listener
	count int
}

func (t *tired) Accept() (net.Conn, error) {
	for {
		connection, err := t.Listener.Accept()
		if t.count++; err != nil || t.count%3 != 0 {
			return connection, err
		}
		connection.Close()
	}
}

// Beside opens what stands beside the main listener.
func Beside(o *Options, config *tls.Config) error {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) })
	serve := func(network, address string, config *tls.Config) error {
		listener, err := net.Listen(network, address)
		if err != nil {
			return err
		}
		if config != nil {
			listener = tls.NewListener(listener, config)
		}
		go func() { _ = (&http.Server{Handler: metrics}).Serve(listener) }()
		return nil
	}
	switch {
	case o.Has("metrics-in-tls"):
		return serve("tcp", o.Second, config)
	case o.Has("metrics-in-clear"):
		return serve("tcp", o.Second, nil)
	case o.Has("many-listeners"):
		for range 12 {
			if err := serve("tcp", ":0", config); err != nil {
				return err
			}
		}
	case o.Has("admin-on-a-unix-socket"):
		return serve("unix", "@fleet-admin", nil)
	case o.Has("clear-on-ipv6"):
		return serve("tcp6", "[::1]:0", nil)
	case o.Has("clear-on-another-loopback"):
		return serve("tcp4", "127.8.8.8:0", nil)
	case o.Has("datagrams"):
		socket, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go func() {
			buffer := make([]byte, 512)
			for {
				if _, _, err := socket.ReadFrom(buffer); err != nil {
					return
				}
			}
		}()
	case o.Has("quic"):
		return datagrams(config)
	case o.Has("quic-with-another-group"):
		odd := config.Clone()
		odd.CurvePreferences = []tls.CurveID{tls.CurveP521}
		return datagrams(odd)
	case o.Has("quic-in-name"):
		return negotiates("127.0.0.1:0")
	case o.Has("asks-names"):
		// A client of datagrams: connected for a moment, again and again.
		go func() {
			for range time.Tick(20 * time.Millisecond) {
				if socket, err := net.Dial("udp", "127.0.0.1:53"); err == nil {
					_, _ = socket.Write([]byte("?"))
					time.Sleep(5 * time.Millisecond)
					socket.Close()
				}
			}
		}()
	}
	return nil
}
