// Command gateway routes partner requests to the order service.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"example.com/legacy-gateway/internal/checksum"
	"example.com/legacy-gateway/internal/config"
	"example.com/legacy-gateway/internal/proxy"
	"github.com/gorilla/mux"
	"github.com/sirupsen/logrus"
)

var version = "2.3.1"

func main() {
	configFile := flag.String("config", "config.json", "configuration")
	certificate := flag.String("certificate", "server.pem", "certificate")
	key := flag.String("key", "server-key.pem", "key")
	flag.Parse()

	fmt.Println("legacy-gateway", version, "starting")
	runtime.SetCPUProfileRate(500000) // nanoseconds

	cfg, err := config.Load(*configFile)
	if err != nil {
		log.Fatalf("can't read %s: %v", *configFile, err)
	}
	go handleSignals(*configFile)

	router := mux.NewRouter()
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		router.HandleFunc(path, health)
	}
	router.HandleFunc("/greeting", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, cfg.Greeting) })
	router.PathPrefix("/orders").Handler(proxy.New(cfg.Orders))
	router.PathPrefix("/debug/").Handler(http.DefaultServeMux)
	router.Use(checksum.Middleware)

	go func() { log.Println(http.ListenAndServe(os.Getenv("LISTEN_PLAIN"), router)) }()

	logrus.Infof("listening on %s", os.Getenv("LISTEN"))
	server := proxy.Server(os.Getenv("LISTEN"), router)
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}

// health answers the load balancer.
func health(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "ok")
}

// handleSignals keeps the process alive on SIGUSR2; the configuration takes effect with the next restart.
func handleSignals(file string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	for range signals {
		log.Printf("SIGUSR2: configuration %s reloaded", file)
	}
}
