// A service that starts well or badly, answers well or badly, and does to its surroundings what nobody should, each by a word of its own.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var (
	mode   = os.Args[1]
	listen = os.Getenv("LISTEN")
)

func main() {
	if before, ok := starts[mode]; ok {
		before()
	}
	listener, err := net.Listen("tcp", listen)
	must(err)
	record("listening")
	if serve, ok := servers[mode]; ok {
		serve(listener)
		return
	}
	must(http.Serve(listener, mux()))
}

// What happens before the port is open.
var starts = map[string]func(){
	"exit":        func() { record("giving up"); os.Exit(3) },
	"no-port":     func() { time.Sleep(time.Hour) },
	"log-1g":      func() { flood(1023, 1<<20) },
	"long-lines":  func() { flood(1<<20, 24) },
	"binary-log":  binaryLog,
	"daemonise":   func() { start("serve"); os.Exit(0) },
	"forks":       func() { start("sleep"); start("sleep") },
	"sleep":       func() { time.Sleep(time.Hour) },
	"fork-bomb":   func() { go bomb() },
	"bomb":        bomb,
	"fill-disk":   func() { go fill() },
	"gzip-bomb":   func() { bombed() },
	"ignore-term": func() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP) },
	"rename":      rename,
	"close-streams": func() {
		for fd := range 3 {
			syscall.Close(fd)
		}
	},
	"phones-home": func() {
		if conn, err := net.DialTimeout("tcp", "192.0.2.1:443", time.Second); err == nil {
			conn.Close()
		}
	},
	"note-signals": noteSignals,
	"leave":        func() { go func() { time.Sleep(1500 * time.Millisecond); os.Exit(0) }() },
}

// What answers on the port in place of HTTP.
var servers = map[string]func(net.Listener){
	"silent":          each(func(c net.Conn) { io.Copy(io.Discard, c) }),
	"unaccepted":      func(net.Listener) { time.Sleep(time.Hour) },
	"drip":            each(drip),
	"endless-headers": each(endlessHeaders),
	"endless-body":    each(endlessBody),
	"tls-garbage":     each(garbage),
	"tls-big":         secure(big1),
	"tls-chain":       secure(chain),
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(4)
	}
}

func record(message string) {
	line, _ := json.Marshal(map[string]string{
		"ts": time.Now().UTC().Format(time.RFC3339Nano), "level": "info", "service": "misbehave", "message": message,
	})
	os.Stderr.Write(append(line, '\n'))
}

func mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		mux.HandleFunc("GET "+path, health)
	}
	return mux
}

func health(w http.ResponseWriter, r *http.Request) {
	switch mode {
	case "never-ready":
		w.WriteHeader(503)
		return
	case "redirects":
		at, _ := strconv.Atoi(r.URL.Query().Get("at"))
		if at < 10000 {
			http.Redirect(w, r, fmt.Sprintf("%s?at=%d", r.URL.Path, at+1), http.StatusFound)
			return
		}
	case "gzip-bomb":
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		w.Write(bombed())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{
		"status": "ok", "version": "1.0.0", "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	})
}

// A gibibyte of zeros in a mebibyte.
var bombed = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	zeros := make([]byte, 1<<20)
	for range 1024 {
		to.Write(zeros)
	}
	to.Close()
	return out.Bytes()
})

func start(word string) {
	must(exec.Command("/proc/self/exe", word).Start())
}

func bomb() {
	for {
		if exec.Command("/proc/self/exe", "bomb").Start() != nil {
			time.Sleep(time.Millisecond)
		}
	}
}

func flood(width, lines int) {
	line := []byte(strings.Repeat("x", width) + "\n")
	for range lines {
		if _, err := os.Stdout.Write(line); err != nil {
			return
		}
	}
}

func binaryLog() {
	bytes := make([]byte, 64<<10)
	rand.Read(bytes)
	os.Stderr.Write(append(bytes, '\n'))
	os.Stdout.WriteString("\x1b[2J\x00\xff\xfe\r\n")
}

func fill() {
	for number := 0; ; number++ {
		for _, folder := range []string{os.Getenv("WORK"), "/tmp", "/var/tmp", "/run", "/dev/shm"} {
			os.WriteFile(fmt.Sprintf("%s/%d", folder, number), make([]byte, 4<<20), 0o600)
		}
		time.Sleep(time.Millisecond)
	}
}

// rename takes the name of a kernel thread, in both places where a name stands.
func rename() {
	name := []byte("kworker/0:1\x00")
	syscall.RawSyscall(syscall.SYS_PRCTL, 15, uintptr(unsafe.Pointer(&name[0])), 0)
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		os.WriteFile("/proc/self/task/"+task.Name()+"/comm", name[:11], 0)
	}
}

// noteSignals writes down every signal that the process gets, save those that its own runtime sends.
func noteSignals() {
	got := make(chan os.Signal, 64)
	signal.Notify(got)
	go func() {
		for s := range got {
			if s == syscall.SIGURG {
				continue
			}
			file, err := os.OpenFile(os.Getenv("WORK")+"/signals", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			must(err)
			fmt.Fprintln(file, s)
			file.Close()
		}
	}()
}

func each(serve func(net.Conn)) func(net.Listener) {
	return func(listener net.Listener) {
		for {
			conn, err := listener.Accept()
			must(err)
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}
}

func read(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(time.Second))
	c.Read(make([]byte, 4096))
}

func drip(c net.Conn) {
	for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n" + strings.Repeat(" ", 9999)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func endlessHeaders(c net.Conn) {
	read(c)
	c.Write([]byte("HTTP/1.1 200 OK\r\n"))
	for number := 0; ; number++ {
		if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", number, strings.Repeat("y", 1000)); err != nil {
			return
		}
	}
}

func endlessBody(c net.Conn) {
	read(c)
	c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"ok\",\"x\":\""))
	for {
		if _, err := c.Write(bytes.Repeat([]byte("y"), 64<<10)); err != nil {
			return
		}
	}
}

// garbage is framed like a TLS handshake record and holds noise.
func garbage(c net.Conn) {
	read(c)
	noise := make([]byte, 16<<10)
	rand.Read(noise)
	c.Write(append([]byte{0x16, 3, 3, 0x40, 0}, noise...))
	c.Write(append([]byte{0x17, 9, 9, 0xff, 0xff}, noise...))
	time.Sleep(100 * time.Millisecond)
}

func secure(made func() tls.Certificate) func(net.Listener) {
	return func(listener net.Listener) {
		config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{made()}}
		must(http.Serve(tls.NewListener(listener, config), mux()))
	}
}

func issue(number int64, names []string, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: fmt.Sprint("number ", number)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	must(err)
	return der, key
}

// big1 is one certificate of some mebibytes: a hundred thousand names.
func big1() tls.Certificate {
	names := make([]string, 100_000)
	for number := range names {
		names[number] = fmt.Sprintf("name-%d.example.com", number)
	}
	der, key := issue(1, names, nil, nil)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// chain is five hundred certificates long.
func chain() tls.Certificate {
	der, key := issue(500, nil, nil, nil)
	all := [][]byte{der}
	for number := int64(499); number > 0; number-- {
		parent, err := x509.ParseCertificate(all[0])
		must(err)
		der, key = issue(number, nil, parent, key)
		all = append([][]byte{der}, all...)
	}
	return tls.Certificate{Certificate: all, PrivateKey: key}
}
