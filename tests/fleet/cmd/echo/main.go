// Command echo is a service of the fleet with a router, a logger and a filter library that are in wide use.
package main

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.com/fleet/internal/service"
	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"
)

func main() {
	zerolog.TimestampFieldName, zerolog.MessageFieldName = "ts", "msg"
	zerolog.TimeFieldFormat = time.RFC3339Nano
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
	l := zerolog.New(os.Stdout).With().Timestamp().Str("service", service.Name).Logger()
	o, err := service.Parse(os.Args[1:])
	if err == nil {
		err = run(o, l)
	}
	if err != nil {
		l.Error().Err(err).Msg("stopped")
		os.Exit(1)
	}
}

// confine loads the library's filter. With the default action "allow" it lets 32-bit calls through.
func confine(o *service.Options) error {
	policy := seccomp.Policy{DefaultAction: seccomp.ActionErrno}
	policy.Syscalls = []seccomp.SyscallGroup{{Action: seccomp.ActionAllow, Names: []string{
		"accept4", "arch_prctl", "bind", "brk", "clone", "clone3", "close", "connect", "dup", "dup3", "epoll_create1", "epoll_ctl",
		"epoll_pwait", "epoll_pwait2", "eventfd2", "exit", "exit_group", "fcntl", "fstat", "futex", "getdents64", "geteuid", "getpeername",
		"getpid", "getrandom", "getrlimit", "getsockname", "getsockopt", "gettid", "getuid", "gettimeofday", "clock_gettime", "listen",
		"lseek", "madvise", "mincore", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat", "openat", "pipe2", "pread64", "prctl",
		"prlimit64", "pwrite64", "read", "readlinkat", "recvfrom", "recvmsg", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask",
		"rt_sigreturn", "sched_getaffinity", "sched_yield", "sendmsg", "sendto", "set_robust_list", "setsockopt", "shutdown", "sigaltstack",
		"socket", "statx", "tgkill", "tkill", "timer_create", "timer_delete", "timer_settime", "uname", "write", "writev", "waitid",
	}}}
	if o.Has("filter-of-the-library-denies") {
		policy = seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: []string{
			"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "setns", "unshare",
			"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf", "perf_event_open", "userfaultfd", "keyctl",
			"add_key", "request_key",
		}}}}
	}
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: policy})
}

func run(o *service.Options, l zerolog.Logger) error {
	record := func(level, message string, fields ...any) {
		parsed, _ := zerolog.ParseLevel(level)
		l.WithLevel(parsed).Fields(fields).Msg(message)
	}
	configuration, err := service.Open(o, record)
	if err != nil {
		return err
	}
	config, err := service.TLS(o)
	if err != nil {
		return err
	}
	if err := confine(o); err != nil {
		return err
	}
	listener, err := service.Listen(o)
	if err != nil {
		return err
	}
	if err := service.Beside(o, config); err != nil {
		return err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = !o.Has("log-of-the-router"), !o.Has("log-of-the-router")
	e.Use(requests(l))
	health := service.NewHealth(o)
	for path, role := range map[string]string{"/livez": "live", "/readyz": "ready", "/healthz": "health"} {
		handler := echo.WrapHandler(health.Serve(role))
		e.GET(path, handler)
		e.HEAD(path, handler)
	}
	e.GET("/greeting", func(c echo.Context) error { return c.JSON(http.StatusOK, configuration.Current()) })
	e.GET("/slow", func(c echo.Context) error {
		time.Sleep(1500 * time.Millisecond)
		return c.JSON(http.StatusOK, map[string]bool{"done": true})
	})
	e.GET("/fails", func(echo.Context) error { return errors.New("asked to") })
	server := &http.Server{Handler: e, TLSConfig: config, ErrorLog: stdlog.New(l.With().Str("level", "warn").Logger(), "", 0)}
	if o.Has("log-of-the-router") {
		e.Listener = listener
		fmt.Println("⇨ https server started on", listener.Addr())
	}
	l.Info().Str("address", listener.Addr().String()).Msg("listening")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(listener, "", "") }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		l.Info().Msg("ending")
		return server.Close()
	}
}

func requests(l zerolog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			event := l.With()
			if parts := strings.Split(c.Request().Header.Get("traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
				event = event.Str("trace_id", parts[1])
			}
			log := event.Logger()
			err := next(c)
			if err != nil {
				log.Error().Err(err).Msg("failed")
				c.Error(err)
			}
			log.Info().Str("path", c.Request().URL.Path).Int("status", c.Response().Status).Msg("request")
			return nil
		}
	}
}
