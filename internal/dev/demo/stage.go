package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// demo is one run: what it stands on, and what it has seen.
type demo struct {
	screen
	options
	stdin io.Reader

	dir      string   // all files of the demo; removed at the end
	home     string   // mogplex' state directory, inside dir
	binary   string   // mogplex, inside dir
	env      []string // the machine's, without what would sign in or change settings
	settings []string // the demo's own variables
	keychain string   // the keychain's name; "" where the file is used

	service *accountserver.Server
	origin  string
	server  *http.Server
	served  chan error
	session *keyringtest.Session // a private keychain; nil where the machine's own serves

	access string // the access token in force
	email  string // who signed in
}

// set builds mogplex, starts the service and picks where to keep the
// credential.
func (d *demo) set(ctx context.Context) (err error) {
	d.say("mogplex, from signed out to signed out, with its real commands.")
	if d.dir, err = os.MkdirTemp("", "mogplex-"); err != nil {
		return err
	}
	d.home, d.env = filepath.Join(d.dir, "home"), cleanEnvironment(os.Environ())
	d.title("What this runs on")
	if err := d.build(ctx); err != nil {
		return err
	}
	if err := d.serve(); err != nil {
		return err
	}
	d.settings = []string{"MOGPLEX_HOME=" + d.home, "MOGPLEX_URL=" + d.origin, "MOGPLEX_DEV=1"}
	d.pickStore(ctx)
	d.say("\nEach command below runs with these set:\n  %s", strings.Join(d.settings, "\n  "))
	return d.err
}

// cleanEnvironment leaves out the variables that mogplex would take settings
// or a credential from.
func cleanEnvironment(environ []string) (kept []string) {
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, "MOGPLEX_") || name == "CODEX_HOME"
		if !ours && !strings.HasSuffix(name, "_API_KEY") && !strings.HasSuffix(name, "_API_TOKEN") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// build makes the binary from this module's source.
func (d *demo) build(ctx context.Context) error {
	d.binary = filepath.Join(d.dir, "mogplex")
	if runtime.GOOS == "windows" {
		d.binary += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-o", d.binary, "github.com/mogplex/mogplex-cli")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build mogplex: %w\n%s", err, said)
	}
	d.say("- mogplex, just built from this source")
	return nil
}

// serve starts the development account service.
func (d *demo) serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The deployed service offers no revocation today. Where one does, signing
	// out ends the session there, which is to be seen here.
	d.service = accountserver.New(accountserver.Config{OfferRevocation: true, StrictRotation: true})
	d.server = &http.Server{Handler: d.service, ReadHeaderTimeout: 10 * time.Second}
	d.served = make(chan error, 1)
	go func() { d.served <- d.server.Serve(listener) }()
	d.origin = "http://" + listener.Addr().String()
	d.say("- a development account service at %s, on this machine only", d.origin)
	return nil
}

// cleanUp removes what the demo made, wherever it stopped: the keychain's
// item first, by signing out. What could not be removed is said, and is a
// failure.
func (d *demo) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
	defer cancel()
	var errs []error
	if d.keychain != "" && d.session == nil {
		errs = append(errs, d.emptyKeychain(ctx))
	}
	if d.session != nil {
		errs = append(errs, d.session.Close())
	}
	if d.server != nil {
		d.server.Close()
		<-d.served
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	if err := errors.Join(errs...); err != nil {
		d.fail("Not everything could be removed: %v", err)
		d.err = errCheck
	}
}

// emptyKeychain leaves nothing of the demo in the machine's own keychain.
func (d *demo) emptyKeychain(ctx context.Context) error {
	r, err := d.quietly(ctx, nil, "logout")
	if err == nil && r.code != 0 {
		err = fmt.Errorf("mogplex logout: %s", r.stderr)
	}
	if err != nil {
		return fmt.Errorf("%w (what may be left is the item %q of the service %q in the %s)", err, d.account(), keychainService, d.keychain)
	}
	return nil
}
