// Command serve runs the development account service on a loopback address, by hand:
//
//	go run ./internal/dev/accountserver/serve --addr 127.0.0.1:8787
//
// It says how to point mogplex at it, and logs a line for each request.
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
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run serves until ctx ends, and returns the exit code: 0, 1 for a failure, 2 for
// usage. What to know goes to stdout, the log to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	addr, cfg, faults, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := serve(ctx, addr, cfg, faults, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "serve:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (addr string, cfg accountserver.Config, faults []accountserver.Fault, err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&addr, "addr", "127.0.0.1:8787", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&cfg.Origin, "origin", "", "public `origin`, where it is not taken from each request's Host")
	flags.DurationVar(&cfg.AccessTTL, "access-ttl", time.Hour, "life of an access token")
	flags.DurationVar(&cfg.RefreshTTL, "refresh-ttl", 30*24*time.Hour, "life of a refresh token")
	flags.DurationVar(&cfg.CodeTTL, "code-ttl", 10*time.Minute, "life of an authorization code or a device code")
	flags.DurationVar(&cfg.DeviceInterval, "device-interval", 5*time.Second, "polling interval of the device grant")
	flags.BoolVar(&cfg.StrictRotation, "strict-rotation", false, "an old refresh token used again ends its whole sign-in")
	flags.BoolVar(&cfg.OfferRevocation, "revocation", false, "offer token revocation")
	flags.BoolVar(&cfg.OfferDevice, "device", false, "offer the device grant")
	flags.BoolVar(&cfg.RedirectUnauthenticated, "redirect-unauthenticated", false, "answer API calls that are not accepted by a redirect")
	flags.BoolVar(&cfg.PATOnlyInference, "pat-only-inference", false, "answer prompts that come with an OAuth token by a redirect")
	flags.IntVar(&cfg.RequestsPerMinute, "rate", 60, "API calls a minute per personal token; -1 is no limit")
	flags.IntVar(&cfg.TokenRequestsPerMinute, "token-rate", 0, "token requests a minute in all; 0 is no limit")
	flags.DurationVar(&cfg.ChunkDelay, "chunk-delay", 40*time.Millisecond, "pause between the chunks of a streamed answer")
	flags.Func("fault", faultUsage, func(text string) error {
		fault, err := parseFault(text)
		faults = append(faults, fault)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return "", cfg, nil, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "serve: takes no arguments")
		return "", cfg, nil, errors.New("arguments")
	}
	return addr, cfg, faults, nil
}

func serve(ctx context.Context, addr string, cfg accountserver.Config, faults []accountserver.Fault, stdout, stderr io.Writer) error {
	listener, err := listenLoopback(addr)
	if err != nil {
		return err
	}
	cfg.OnRequest = func(r accountserver.Request) { fmt.Fprintln(stderr, logLine(r)) }
	service := accountserver.New(cfg)
	for _, fault := range faults {
		service.Fail(fault)
	}
	origin := cfg.Origin
	if origin == "" {
		origin = "http://" + listener.Addr().String()
	}
	welcome(stdout, origin, service.IssuePAT(accountserver.DefaultAccounts()[0].Email))

	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close() // a streamed answer outlived the grace
	}
	<-done
	return nil
}

// listenLoopback listens on addr where it is of this machine alone: anyone can sign in
// here as anyone.
func listenLoopback(addr string) (net.Listener, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %s: only a loopback address will do, such as 127.0.0.1:8787", addr)
	}
	return net.ListenTCP("tcp", tcp)
}

func welcome(w io.Writer, origin, token string) {
	fmt.Fprintf(w, "Development account service on %s\n\nSign in:\n  MOGPLEX_URL=%s MOGPLEX_DEV=1 mogplex login\n\nAccounts:\n", origin, origin)
	for _, account := range accountserver.DefaultAccounts() {
		models := "no models"
		if account.ModelAccess {
			models = "model access"
		}
		fmt.Fprintf(w, "  %-20s password %-10s %s\n", account.Email, account.Password, models)
	}
	fmt.Fprintf(w, "\nA personal access token of the first:\n  %s\n\nStop it with Ctrl-C.\n", token)
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
