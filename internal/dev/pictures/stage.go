//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// The texts that replace the addresses and directories of this machine.
const (
	publicOrigin = "https://mogplex.com"
	home         = "/home/ada"
)

// sceneLimit is how long a scene may take.
const sceneLimit = 2 * time.Minute

// lifetime of the token: mogplex shows it as 60 minutes during the whole scene.
const lifetime = time.Hour + 59*time.Second

// stage is the environment of the scenes.
type stage struct {
	dir      string // everything below is in it
	bin      string // has mogplex and nothing else
	service  *accountserver.Server
	server   *httptest.Server
	keychain *keyringtest.Session
}

// drawAll plays every scene and returns the pictures by the names of their files.
func drawAll(ctx context.Context) (pictures map[string][]byte, err error) {
	if missing := keyringtest.Available(); missing != "" {
		return nil, fmt.Errorf("%s is not installed", missing)
	}
	dir, err := os.MkdirTemp("/tmp", "p") // a short name, because mogplex lays out its lines with it
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &stage{dir: dir, bin: filepath.Join(dir, "bin"), service: accountserver.New(accountserver.Config{})}
	s.service.Fail(accountserver.Fault{Path: accountserver.InferencePath, Status: 200, ContentType: "text/event-stream",
		Body: streamed(answer)})
	s.server = httptest.NewServer(s.service)
	defer s.server.Close()
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-o", filepath.Join(s.bin, "mogplex"),
		"github.com/mogplex/mogplex-cli")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build mogplex: %w\n%s", err, out)
	}
	keys := filepath.Join(dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return nil, err
	}
	if s.keychain, err = keyringtest.Start(ctx, keys, keyringtest.Options{}); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.keychain.Close()) }()
	pictures = map[string][]byte{}
	for _, scene := range scenes {
		if pictures[scene.name+".svg"], err = s.play(ctx, scene); err != nil {
			return nil, fmt.Errorf("%s: %w", scene.name, err)
		}
	}
	return pictures, nil
}

// play plays a scene in a home directory of its own and draws its last screen.
func (s *stage) play(ctx context.Context, scene scene) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sceneLimit)
	defer cancel()
	own := filepath.Join(s.dir, scene.name)
	env := append(s.keychain.Env(), "HOME="+own, "PATH="+s.bin, "TERM=xterm-256color", "COLORTERM=truecolor",
		"LC_ALL=C.UTF-8", "PS1="+shellPrompt, "MOGPLEX_URL="+s.server.URL, "MOGPLEX_DEV=1")
	if scene.signedIn {
		if err := s.signIn(ctx, own, env); err != nil {
			return nil, err
		}
	}
	shell := exec.Command("/bin/sh", "-i")
	shell.Env, shell.Dir = env, s.dir
	at, err := terminal.Start(shell, terminal.Size{Columns: 80, Rows: scene.rows})
	if err != nil {
		return nil, err
	}
	defer at.Close()
	for i, text := range scene.script {
		if i%2 == 0 {
			err = at.WaitFor(ctx, text)
		} else {
			err = at.Type(text)
		}
		if err != nil {
			return nil, err
		}
	}
	public := strings.NewReplacer(own, home, s.server.URL, publicOrigin)
	return draw(at.Screen(), scene.title, scene.alt, public)
}

// signIn stores a session in the keychain: it writes auth.json and lets mogplex move it.
func (s *stage) signIn(ctx context.Context, own string, env []string) error {
	account := accountserver.DefaultAccounts()[0]
	access, refresh := s.service.IssueTokens(account.Email)
	now := time.Now().UTC()
	file, err := json.Marshal(map[string]any{"version": 1, "credentials": map[string]any{"mogplex@" + s.server.URL: map[string]any{
		"type": "oauth", "access_token": access, "refresh_token": refresh, "issuer": s.server.URL,
		"expires_at": now.Add(lifetime), "saved_at": now, "scopes": []string{"read", "write"},
		"account": map[string]string{"id": account.ID, "email": account.Email, "name": account.Name},
	}}})
	if err != nil {
		return err
	}
	state := filepath.Join(own, ".mogplex")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(state, "auth.json"), file, 0o600); err != nil {
		return err
	}
	move := exec.CommandContext(ctx, filepath.Join(s.bin, "mogplex"), "auth", "migrate")
	move.Env = env
	if out, err := move.CombinedOutput(); err != nil {
		return fmt.Errorf("mogplex auth migrate: %w\n%s", err, out)
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
