package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// demo is one run of the demo: its environment, and the results so far.
type demo struct {
	out     io.Writer
	dir     string // contains every file of the demo
	home    string // the state directory of mogplex
	binary  string
	env     []string
	service *accountserver.Server
	server  *httptest.Server
	store   string // keychain or file

	printed string            // the stdout of the last command, without the newline at its end
	token   string            // the last that `auth token` printed without the variable
	pat     string            // the value of the variable
	page    string            // the last page in the browser
	secrets []string          // the tokens seen so far
	states  map[string]string // of the stores, after the last command
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// start builds mogplex, starts the service and chooses the store.
func (d *demo) start(ctx context.Context) (err error) {
	if d.dir, err = os.MkdirTemp("", "mogplex-"); err != nil {
		return err
	}
	d.home, d.binary = filepath.Join(d.dir, "home"), filepath.Join(d.dir, "mogplex.exe") // any system runs a file named .exe
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-o", d.binary, "github.com/mogplex/mogplex-cli")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build mogplex: %w\n%s", err, out)
	}
	// The deployed service has no revocation yet. With it, the demo can show that signing out ends the session.
	d.service = accountserver.New(accountserver.Config{OfferRevocation: true, StrictRotation: true})
	d.server = httptest.NewServer(d.service)
	d.pat = d.service.IssuePAT(accountserver.DefaultAccounts()[1].Email)
	settings := []string{"MOGPLEX_HOME=" + d.home, "MOGPLEX_URL=" + d.server.URL, "MOGPLEX_DEV=1"}
	d.env = append(withoutSettings(os.Environ()), settings...)
	if err := d.chooseStore(ctx); err != nil {
		return err
	}
	d.say("mogplex, built from this source, a development account service, and the %s as the store.", d.store)
	d.say("Each command runs with %s.", strings.Join(settings, " "))
	return nil
}

// withoutSettings removes the variables from which mogplex takes settings or credentials.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(environ, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "MOGPLEX_") || name == "CODEX_HOME" ||
			strings.HasSuffix(name, "_API_KEY") || strings.HasSuffix(name, "_API_TOKEN")
	})
}

// chooseStore takes the keychain if mogplex can read it, else the file.
func (d *demo) chooseStore(ctx context.Context) error {
	if err := d.readStates(ctx); err != nil {
		return err
	}
	d.store = file
	switch d.states[keychain] {
	case "absent": // the keychain answered that it has no item of the demo
		d.store = keychain
	case "unavailable":
	default: // mogplex does not replace a locked keychain by the file
		d.env = append(d.env, "MOGPLEX_CREDENTIAL_STORE=file")
	}
	return nil
}

// readStates asks mogplex for the state of each store.
func (d *demo) readStates(ctx context.Context) error {
	answer, err := d.mogplex(ctx, d.env, "auth", "status", "--json")
	if err != nil {
		return err
	}
	var status struct {
		Layers []struct{ Layer, State string }
	}
	if err := json.Unmarshal([]byte(answer.stdout), &status); err != nil {
		return fmt.Errorf("mogplex auth status --json: %w", err)
	}
	d.states = map[string]string{}
	for _, layer := range status.Layers {
		d.states[layer.Layer] = layer.State
	}
	return nil
}

// cleanUp signs out, because nothing else removes an item from the machine's keychain, and removes the demo's files.
func (d *demo) cleanUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var left error
	if d.store == keychain {
		if r, err := d.mogplex(ctx, d.env, "logout"); err != nil || r.code != 0 {
			left = fmt.Errorf("the keychain may still have an item of the service mogplex: mogplex logout: %w",
				cmp.Or(err, fmt.Errorf("exit code %d", r.code)))
		}
	}
	if d.server != nil {
		d.server.CloseClientConnections()
		d.server.Close()
	}
	return errors.Join(left, os.RemoveAll(d.dir))
}
