package service

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/quic-go/quic-go"
)

// datagrams serves QUIC beside the main listener.
func datagrams(config *tls.Config) error {
	config = config.Clone()
	config.NextProtos = []string{"h3"}
	listener, err := quic.ListenAddr("127.0.0.1:0", config, nil)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept(context.Background())
			if err != nil {
				return
			}
			go func() {
				<-connection.Context().Done()
			}()
		}
	}()
	return nil
}

// negotiates answers every long header with QUIC's version negotiation (RFC 9000, 17.2.1), and nothing else: it only looks like QUIC.
func negotiates(address string) error {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			if n < 8 || buffer[0]&0x80 == 0 {
				continue
			}
			to := int(buffer[5])
			if n < 7+to {
				continue
			}
			source := int(buffer[6+to])
			if n < 7+to+source {
				continue
			}
			answer := []byte{0x80, 0, 0, 0, 0, byte(source)}
			answer = append(answer, buffer[7+to:7+to+source]...)
			answer = append(answer, byte(to))
			answer = append(answer, buffer[6:6+to]...)
			answer = append(answer, 0, 0, 0, 1)
			_, _ = socket.WriteTo(answer, from)
		}
	}()
	return nil
}
