// Command serve runs the development account service on a loopback address, for a person
// to sign in to by hand:
//
//	go run ./internal/dev/accountserver/serve --addr 127.0.0.1:8787 --strict --fault 'path=/api/v1 status=503'
//
// It prints how to point mogplex at the service, and logs a line for each request.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. The instructions go to stdout, the log to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg accountserver.Config
	var faults []accountserver.Fault
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8787", "loopback `address` to listen on; port 0 picks a free one")
	accountserver.DefineConfig(flags, &cfg)
	flags.Func("fault", "misbehave; `words` are some of "+accountserver.FaultUsage, func(words string) error {
		fault, err := accountserver.ParseFault(strings.Fields(words)...)
		faults = append(faults, fault)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errors.New("serve takes no arguments")
	}
	listener, err := listenLoopback(*addr)
	if err != nil {
		return err
	}
	cfg.ChunkDelay = 40 * time.Millisecond
	cfg.OnRequest = func(r accountserver.Request) { fmt.Fprintln(stderr, logLine(r)) }
	service := accountserver.New(cfg)
	for _, fault := range faults {
		service.Fail(fault)
	}
	welcome(stdout, "http://"+listener.Addr().String(), service.IssuePAT(accountserver.DefaultAccounts()[0].Email))
	return serve(ctx, listener, service)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listenLoopback refuses other addresses because anyone can sign in as anyone.
func listenLoopback(addr string) (net.Listener, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %s: not a loopback address, such as 127.0.0.1:8787", addr)
	}
	return net.ListenTCP("tcp", tcp)
}

func welcome(w io.Writer, origin, token string) {
	fmt.Fprintf(w, "Development account service on %s\n\nSign in:\n  MOGPLEX_URL=%s MOGPLEX_DEV=1 mogplex login\n\n", origin, origin)
	fmt.Fprintf(w, "A personal access token of %s:\n  %s\n\nStop it with Ctrl-C.\n", accountserver.DefaultAccounts()[0].Email, token)
}

func logLine(r accountserver.Request) string {
	status := "no answer"
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	line := fmt.Sprintf("%s %s %q %s", r.Time.Format(time.TimeOnly), r.Method, r.Path, status)
	if r.Grant != "" {
		line += " " + r.Grant
	}
	if r.Faulted {
		line += " (fault)"
	}
	return line
}
