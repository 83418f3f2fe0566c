// Package account has the use cases of an account: sign in and out, get a valid token,
// report and move what is stored, and list the account's models and MCP servers.
//
// [Open] turns settings into an [Account]. Its methods are the use cases. They take and
// return values, report progress to [Account.Progress], and return errors that wrap a
// class. They print nothing and know no flags: text and exit codes are up to the
// caller.
//
// stores.go has the stores of credentials, and service.go the clients of the service.
package account

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// Account is a user's credentials at one service, in one profile and state
// directory. Its methods may be called concurrently.
type Account struct {
	settings.Settings
	// Progress must not be replaced while a method runs.
	Progress Progress
	// Manager resolves and stores the credentials.
	Manager *auth.Manager

	env      settings.Env
	keychain keychain
	file     *legacyfile.File
	onWait   atomic.Pointer[func()] // see beginOnWait
	// The HTTP clients are made when the network is first needed. promptClient has no
	// timeout, because a model may think for long: package chat has its own limits.
	client, promptClient func() *http.Client
}

// Open returns an account with the stores of the settings. It reads none of them.
func Open(env settings.Env, s settings.Settings) *Account {
	a := &Account{Settings: s, env: env}
	userAgent := "mogplex/" + strings.Trim(env.Version, "()") // "(devel)" would be a comment, by RFC 9110
	a.client = sync.OnceValue(func() *http.Client {
		client := login.NewHTTPClient(userAgent)
		client.Transport = a.reporting(client.Transport)
		return client
	})
	a.promptClient = sync.OnceValue(func() *http.Client {
		return &http.Client{Transport: a.reporting(login.NewTransport(userAgent))}
	})
	ring := env.OpenKeyring(keyring.Options{
		Timeout:   s.KeychainTimeout,
		Attended:  env.Attended(),
		OnPrompt:  func() { call(a.Progress.Unlock) },
		OnConfirm: func() { call(a.Progress.Confirm) },
		Label:     a.keychainLabel,
		Schema:    "com.mogplex.Credential",
	})
	a.keychain = keychain{ring, ring.Unattended(), a.waiting}
	a.file = openFile(s)
	a.Manager = a.newManager(s, a.file)
	return a
}

// Close closes the connection to the keychain.
func (a *Account) Close() { a.keychain.attended.Close() }

// Notices returns a sentence for each repair of the file since the last call.
func (a *Account) Notices() []string { return a.file.Notices() }

// Watch reports changes of what is stored, by this process or another, until ctx
// ends.
func (a *Account) Watch(ctx context.Context) <-chan struct{} { return a.Manager.Watch(ctx) }

// EnvProviders returns the providers whose variable is set. The variable comes before
// any stored credential.
func (a *Account) EnvProviders() (set []auth.Provider) {
	for _, p := range auth.Providers() {
		if a.env.Getenv(p.Variable) != "" {
			set = append(set, p)
		}
	}
	return set
}

// Now returns the time of the environment's clock.
func (a *Account) Now() time.Time { return a.env.Now() }
