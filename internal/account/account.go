// Package account is what a person can do with an account: sign in and out, have a
// valid token, look at what is stored, move it, and list what the service has for
// them.
//
// [Env.ReadSettings] reads the environment and the user's config.toml, and [Open]
// makes an [Account] of them. Its methods are the use cases. They take values and
// return values and errors of a class; what goes on in between they report to
// [Account.Progress]. Nothing here prints or knows a flag: words and exit codes are
// the caller's.
//
// settings.go has what can be set, stores.go where credentials are stored,
// service.go how the service is reached.
package account

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// Account is a user's credentials at one service, in one profile and state
// directory. Its methods may be called at the same time.
type Account struct {
	Settings
	// Progress may be replaced while no method runs.
	Progress Progress
	// Manager resolves and stores the credentials.
	Manager *auth.Manager

	env      Env
	keychain keychain
	file     *legacyfile.File
	onWait   atomic.Pointer[func()] // see beginOnWait
	// The HTTP clients are made when the network is first needed. A model may think
	// for longer than any other answer may take: package chat has limits of its own.
	client, promptClient func() *http.Client
}

// Open names the stores of the settings. It looks into none of them.
func Open(env Env, s Settings) *Account {
	a := &Account{Settings: s, env: env}
	userAgent := "mogplex/" + strings.Trim(env.Version, "()") // "(devel)" would be a comment, by RFC 9110
	a.client = sync.OnceValue(func() *http.Client { return login.NewHTTPClient(userAgent) })
	a.promptClient = sync.OnceValue(func() *http.Client { return &http.Client{Transport: login.NewTransport(userAgent)} })
	ring := env.OpenKeyring(keyring.Options{
		Timeout:   s.KeychainTimeout,
		Attended:  env.Attended(),
		OnPrompt:  func() { call(a.Progress.Unlock) },
		OnConfirm: func() { call(a.Progress.Confirm) },
		Label:     s.keychainLabel,
		Schema:    "com.mogplex.Credential",
	})
	a.keychain = keychain{ring, ring.Unattended(), a.waiting}
	a.file = s.openFile()
	a.Manager = a.newManager(s, a.file)
	return a
}

// Close gives the keychain's connection back.
func (a *Account) Close() { a.keychain.attended.Close() }

// Notices are what the file repaired by itself since the last call, in sentences.
func (a *Account) Notices() []string { return a.file.Notices() }

// Watch reports changes of what is stored, by this process or another, until ctx
// ends.
func (a *Account) Watch(ctx context.Context) <-chan struct{} { return a.Manager.Watch(ctx) }

// SetProviders are the providers whose variable holds a credential, which comes
// before what is stored.
func (a *Account) SetProviders() (set []auth.Provider) {
	for _, p := range auth.Providers() {
		if a.env.Getenv(p.Variable) != "" {
			set = append(set, p)
		}
	}
	return set
}

// Now is the time by the clock of the environment.
func (a *Account) Now() time.Time { return a.env.Now() }
