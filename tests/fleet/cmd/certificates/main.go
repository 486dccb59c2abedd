// Command certificates writes ca.pem and, of it, a server's and a client's certificate with their keys into a folder.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

func main() {
	folder := os.Args[1]
	authority := template("fleet authority", 1)
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	authorityKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	put(folder, "ca.pem", "CERTIFICATE", must(x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)))
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	keys := map[string]crypto.Signer{
		"ecdsa":   must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		"rsa":     must(rsa.GenerateKey(rand.Reader, 2048)),
		"ed25519": edwards,
		"client":  must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
	}
	serial := int64(1)
	for name, key := range keys {
		serial++
		one := template("fleet", serial)
		one.KeyUsage = x509.KeyUsageDigitalSignature
		one.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		one.DNSNames = []string{"localhost"}
		one.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		put(folder, name+".pem", "CERTIFICATE", must(x509.CreateCertificate(rand.Reader, one, authority, key.Public(), authorityKey)))
		put(folder, name+"-key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
	}
}

func template(name string, serial int64) *x509.Certificate {
	from := time.Now().Add(-time.Hour)
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: from.AddDate(10, 0, 0),
	}
}

func put(folder, name, kind string, der []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	// Readable by everyone: the services run as another user, and these keys protect nothing.
	if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
