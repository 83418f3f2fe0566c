//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// The home directory in the pictures, and how long a scene may take.
const (
	home       = "/home/ada"
	sceneLimit = 2 * time.Minute
)

// lifetime of the token: 60 minutes, for as long as it may take until it is looked at.
const lifetime = time.Hour + 59*time.Second

// stage is what mogplex runs on.
type stage struct {
	dir      string // everything below is in it
	bin      string // has mogplex and nothing else
	service  *accountserver.Server
	front    *front
	keychain *keyringtest.Session
}

// newStage builds mogplex and starts what it talks to.
func newStage(ctx context.Context) (_ *stage, err error) {
	if missing := keyringtest.Available(); missing != "" {
		return nil, fmt.Errorf("%s is not installed", missing)
	}
	s := &stage{service: accountserver.New(accountserver.Config{Origin: origin})}
	s.service.Fail(accountserver.Fault{Path: accountserver.InferencePath, Status: 200, ContentType: "text/event-stream",
		Body: streamed(answer)})
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("/tmp", "p"); err != nil { // short, as it is on the screen
		return nil, err
	}
	s.bin = filepath.Join(s.dir, "bin")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-o", filepath.Join(s.bin, "mogplex"),
		"github.com/mogplex/mogplex-cli")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build mogplex: %w\n%s", err, said)
	}
	if s.front, err = newFront(s.service, filepath.Join(s.dir, "root.pem")); err != nil {
		return nil, err
	}
	keys := filepath.Join(s.dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return nil, err
	}
	s.keychain, err = keyringtest.Start(ctx, keys, keyringtest.Options{})
	return s, err
}

func (s *stage) close() error {
	var errs []error
	if s.keychain != nil {
		errs = append(errs, s.keychain.Close())
	}
	if s.front != nil {
		s.front.close()
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// play plays a scene in a home directory of its own and returns its last screen.
func (s *stage) play(ctx context.Context, scene scene) (terminal.Screen, error) {
	ctx, cancel := context.WithTimeout(ctx, sceneLimit)
	defer cancel()
	own := filepath.Join(s.dir, scene.name)
	env := append(s.keychain.Env(), "HOME="+own, "PATH="+s.bin, "TERM=xterm-256color", "COLORTERM=truecolor",
		"LC_ALL=C.UTF-8", "PS1="+prompt, "HTTPS_PROXY="+s.front.proxy, "SSL_CERT_FILE="+s.front.root)
	if scene.signedIn {
		if err := s.signIn(ctx, own, env); err != nil {
			return terminal.Screen{}, err
		}
	}
	shell := exec.Command("/bin/sh", "-i")
	shell.Env, shell.Dir = env, s.dir
	at, err := terminal.Start(shell, terminal.Size{Columns: 80, Rows: scene.rows})
	if err != nil {
		return terminal.Screen{}, err
	}
	defer at.Close()
	err = scene.act(ctx, at)
	return masked(at.Screen(), own), err
}

// signIn puts a session into the keychain: a file with it is moved there.
func (s *stage) signIn(ctx context.Context, own string, env []string) error {
	account := accountserver.DefaultAccounts()[0]
	access, refresh := s.service.IssueTokens(account.Email)
	now := time.Now().UTC()
	entry, err := json.Marshal(map[string]any{
		"type": "oauth", "access_token": access, "refresh_token": refresh, "issuer": origin,
		"expires_at": now.Add(lifetime), "saved_at": now, "scopes": []string{"read", "write"},
		"account": map[string]string{"id": account.ID, "email": account.Email, "name": account.Name},
	})
	if err != nil {
		return err
	}
	state := filepath.Join(own, ".mogplex")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	file := fmt.Appendf(nil, `{"version": 1, "credentials": {"mogplex": %s}}`, entry)
	if err := os.WriteFile(filepath.Join(state, "auth.json"), file, 0o600); err != nil {
		return err
	}
	move := exec.CommandContext(ctx, filepath.Join(s.bin, "mogplex"), "auth", "migrate")
	move.Env = env
	if said, err := move.CombinedOutput(); err != nil {
		return fmt.Errorf("mogplex auth migrate: %w\n%s", err, said)
	}
	return nil
}

// streamed is a streamed chat completion of one chunk.
func streamed(text string) string {
	chunk, _ := json.Marshal(map[string]any{ // strings and lists always marshal
		"object": "chat.completion.chunk", "choices": []any{map[string]any{"delta": map[string]string{"content": text}}},
	})
	return fmt.Sprintf("data: %s\n\ndata: [DONE]\n\n", chunk)
}

// masked shows the scene's own directory, which is another one each time, as a
// person's home. What follows in its row moves to the left.
func masked(screen terminal.Screen, own string) terminal.Screen {
	for y, line := range screen.Lines() {
		before, _, found := strings.Cut(line, own)
		if !found {
			continue
		}
		var row []terminal.Cell
		at := ansi.StringWidth(before)
		for _, char := range home {
			row = append(row, terminal.Cell{Content: string(char), Width: 1, Style: screen.Cells[y][at].Style})
		}
		row = slices.Concat(screen.Cells[y][:at], row, screen.Cells[y][at+len(own):])
		for len(row) < screen.Size.Columns {
			row = append(row, terminal.Cell{Content: " ", Width: 1})
		}
		screen.Cells[y] = row
	}
	return screen
}
