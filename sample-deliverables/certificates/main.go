// Command certificates writes ca.pem, server.pem and server-key.pem into a folder: a certificate authority whose key
// is thrown away, and a server certificate of it for loopback. Certificates that are still valid for a month are kept.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: certificates FOLDER NAME")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, name string) error {
	if valid(filepath.Join(folder, "server.pem")) && valid(filepath.Join(folder, "ca.pem")) {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	from := time.Now().Add(-time.Hour)
	until := from.AddDate(10, 0, 0)
	authority := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name + " test authority"},
		NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	server := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: until,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := write(folder, "ca.pem", authority, authority, authorityKey.Public(), authorityKey); err != nil {
		return err
	}
	if err := write(folder, "server.pem", server, authority, key.Public(), authorityKey); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// Readable by everyone: the service runs as another user, and the key protects nothing.
	return put(folder, "server-key.pem", "PRIVATE KEY", der)
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	return number
}

func write(folder, file string, subject, issuer *x509.Certificate, public crypto.PublicKey, by crypto.Signer) error {
	der, err := x509.CreateCertificate(rand.Reader, subject, issuer, public, by)
	if err != nil {
		return err
	}
	return put(folder, file, "CERTIFICATE", der)
}

func put(folder, file, kind string, der []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	return os.WriteFile(filepath.Join(folder, file), text, 0o644)
}

// valid tells whether a file holds a certificate that is good for at least a month.
func valid(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	return err == nil && time.Now().AddDate(0, 1, 0).Before(certificate.NotAfter)
}
