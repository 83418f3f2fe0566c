package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// TestNoExportedTypeShowsASecret formats a value of every exported type of the
// rooms that handle secrets, after it has handled marked ones, and every error
// that came of it. internal/auth does the same for its own types.
func TestNoExportedTypeShowsASecret(t *testing.T) {
	t.Parallel()
	values := slices.Concat(loginValues(t), keyringValues(t), fileValues(t), hostedValues(t), chatValues(t), logValues(t))
	shown := map[string]bool{}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if text := fmt.Sprintf(verb, v); heard.holds(text) {
				t.Errorf("%s of %T shows a secret", verb, v)
			}
		}
		name, _, _ := strings.Cut(reflect.TypeOf(v).String(), "[") // a generic type's arguments
		shown[strings.TrimPrefix(name, "*")] = true
	}
	for _, room := range []string{"login", "keyring", "legacyfile", "internal/hosted", "internal/chat", "internal/web", "internal/sessionlog"} {
		for _, name := range structs(t, room) {
			if !shown[name] {
				t.Errorf("no value of %s is formatted", name)
			}
		}
	}
}

// structs are the exported struct types of a package, as "package.Name".
func structs(t *testing.T, room string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, room, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", room, len(files), err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if _, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() {
				names = append(names, file.Name.Name+"."+spec.Name.Name)
			}
			return false
		})
	}
	return names
}

func loginValues(t *testing.T) []any {
	s := startService(t, accountserver.Config{OfferRevocation: true})
	access, refresh := s.issue()
	c := &login.Client{Origin: s.url, AllowLoopbackHTTP: true}
	g, err := c.Refresh(t.Context(), refresh)
	if err != nil {
		t.Fatal(err)
	}
	s.Fail(accountserver.Fault{Path: accountserver.TokenPath, Status: 400, Body: `{"error":"` + refresh + `","error_description":"` + refresh + `"}`})
	_, refused := c.Refresh(t.Context(), refresh)
	_, unissued := c.Refresh(t.Context(), access)
	var failed *login.Error
	if !errors.As(refused, &failed) || !errors.As(unissued, &failed) {
		t.Fatalf("%v, %v", refused, unissued)
	}
	var prompt login.Prompt
	flow := login.Flow{Show: func(p login.Prompt) { prompt = p }, Pasted: make(chan string), Timeout: 1}
	_, late := c.SignIn(t.Context(), flow)
	api := hosted.Client{Origin: s.url, HTTP: login.NewHTTPClient("")}
	s.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: 500, Body: access})
	unreachable := api.Check(t.Context(), access)
	var lost *hosted.Error
	if !errors.As(unreachable, &lost) {
		t.Fatal(unreachable)
	}
	return []any{c, *c, g, *g, []*login.Grant{g}, struct{ grant *login.Grant }{g}, g.Identity, flow, prompt, late, failed, *failed,
		login.DevicePrompt{}, login.Discovery{}, refused, unissued, api, lost, *lost}
}

func hostedValues(t *testing.T) []any {
	s := startService(t, accountserver.Config{})
	access, _ := s.issue()
	s.SetMCPServers(`[{"name":"n","config":{"env":{"A":"` + access + `"}}}]`)
	c := hosted.Catalog{
		Client: hosted.Client{Origin: s.url, HTTP: login.NewHTTPClient("")}, Now: time.Now,
		Cache:       hosted.Cache{Dir: t.TempDir(), Owner: hosted.Owner(s.url, "", access)},
		Token:       func(context.Context) (string, error) { return access, nil },
		WhileActive: func(context.Context, func(context.Context) error) error { return account.ErrReplaced },
	}
	servers, err := c.Servers(t.Context(), 0)
	if err != nil || servers.List[0].Config.Env["A"] != access {
		t.Fatalf("%d servers, %v", len(servers.List), err)
	}
	models, err := c.Models(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	run, events, err := c.Events(t.Context(), access, "run_demo", 1)
	if err != nil {
		t.Fatal(err)
	}
	follower := hosted.Follower{Client: c.Client, Token: c.Token}
	return []any{c, c.Cache, servers, servers.List[0], servers.List[0].Config, models, models.List[0], models.List[0].Pricing,
		run, run.Branch, run.CreatedAt, events[0], follower, hosted.Update{Run: run, Events: events}}
}

func chatValues(t *testing.T) []any {
	s := startService(t, accountserver.Config{})
	access, _ := s.issue()
	s.Fail(accountserver.Fault{Path: accountserver.InferencePath, Status: 400, Body: `{"error":{"message":"` + access + `"}}`})
	c := chat.Client{BaseURL: s.url + "/api/cli/inference", HTTP: login.NewHTTPClient("")}
	request := chat.Request{Messages: []chat.Message{{Role: "user", Content: "a prompt"}}}
	answer, err := c.Stream(t.Context(), request, access, func(string) {})
	var failed *chat.Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return []any{c, request, request.Messages[0], chat.Model{}, answer, err, failed, *failed}
}

func logValues(t *testing.T) []any {
	const secret = "mark-in-the-log-0123456789"
	heard.secret(secret)
	l, err := sessionlog.Open(t.TempDir(), sessionlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	field := sessionlog.Listed("model", secret, nil)
	l.Event("prompt sent", field)
	l.Panic(secret, nil)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return []any{l, sessionlog.Options{}, field}
}

func keyringValues(t *testing.T) []any {
	const entry = `{"type":"api_key","key":"mark-in-the-keychain"}`
	heard.secret("mark-in-the-keychain", entry)
	fake := keyringtest.Fake{Dir: t.TempDir()}
	k := keyring.New(fake, keyring.Options{OnPrompt: func() {}})
	sealer := &keyring.Sealer{Keyring: k, Account: "seal"}
	sealed, err := sealer.Seal(t.Context(), "groq", []byte(entry))
	if err := errors.Join(err, k.Set(t.Context(), "groq", []byte(entry))); err != nil {
		t.Fatal(err)
	}
	key, _, err := k.Get(t.Context(), "seal")
	if err != nil {
		t.Fatal(err)
	}
	heard.secret(string(key), base64.StdEncoding.EncodeToString(key))
	_, mislabelled := sealer.Open(t.Context(), "xai", sealed)
	if err := fake.Break(keyringtest.Forgets); err != nil {
		t.Fatal(err)
	}
	unkept := k.Set(t.Context(), "groq", []byte(entry+" "))
	var failed *keyring.Error
	if mislabelled == nil || !errors.As(unkept, &failed) {
		t.Fatalf("%v, %v", mislabelled, unkept)
	}
	return []any{k, sealer, keyring.Options{}, keyring.Access{}, keyring.Item{Payload: entry}, keyring.Entry{Account: "groq", Value: []byte(entry)}, mislabelled, unkept, failed, *failed}
}

func fileValues(t *testing.T) []any {
	const secret = "mark-in-the-file"
	heard.secret(secret)
	dir := t.TempDir()
	path := filepath.Join(dir, "auth.json")
	text := `{"groq":"` + secret + `"}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file := legacyfile.New(path, legacyfile.Options{})
	if err := os.WriteFile(path, []byte(text+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := file.Get(t.Context(), "groq")
	var corrupt *legacyfile.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatal(err)
	}
	invalid := file.Set(t.Context(), "xai", []byte(secret))
	return []any{file, legacyfile.Options{}, err, corrupt, *corrupt, invalid}
}
