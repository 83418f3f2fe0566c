package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// Failures of the use cases, for errors.Is.
var (
	// ErrReplaced means that the active credential changed during a request: an answer
	// for one account is not for another.
	ErrReplaced = errors.New("another credential has replaced the one that it belongs to")
	// ErrUnchecked means that the service could not check a new token, which therefore
	// does not replace a stored credential.
	ErrUnchecked = errors.New("the token could not be checked, and replaces nothing")
	// ErrNotAsked means that the service was not asked about an expired token.
	ErrNotAsked = errors.New("was not asked")
	// ErrEndsSoon means that the sign-in ends within the time that the caller needs it.
	ErrEndsSoon = errors.New("the sign-in ends")
	// ErrNoModel means that a prompt names no model, and the provider does not choose one.
	ErrNoModel = errors.New("no model is chosen")
	// ErrOtherToken means that the service accepts personal access tokens for prompts,
	// but not this one.
	ErrOtherToken = errors.New("another token is needed")
	// ErrGivenUp means that the program exited before it ended a session at the
	// service.
	ErrGivenUp = errors.New("it did not answer in time")
	// ErrBackup means that a backup was not removed, because it may belong to another
	// program.
	ErrBackup = errors.New("this backup of a file that could not be parsed may hold a credential; look at it, then remove it")
)

// ProviderError is a failure with a provider's credential. The commands in its hint
// depend on the provider.
type ProviderError struct {
	Err      error
	Provider string // empty: any provider's
}

func (e ProviderError) Error() string { return e.Err.Error() }

func (e ProviderError) Unwrap() error { return e.Err }

// forProvider adds the provider to an error, which may be nil.
func forProvider(err error, provider string) error {
	if err == nil {
		return nil
	}
	return ProviderError{err, provider}
}

// CheckProvider refuses a name that is not in the provider table.
func CheckProvider(name string) error {
	if _, ok := auth.ProviderNamed(name); ok {
		return nil
	}
	var names []string
	for _, p := range auth.Providers() {
		names = append(names, p.Name)
	}
	if near := text.Nearest(name, names); near != "" {
		return settings.UsageError("unknown provider; did you mean " + near + "?")
	}
	return settings.UsageError("unknown provider; use one of " + strings.Join(names, ", "))
}

// explain adds to the error of a resolution which layer could not be read, or whether
// a keychain was found.
func explain(provider string, res auth.Result, err error) error {
	var layer *auth.LayerError
	switch {
	case errors.As(err, &layer):
		return explainLayer(layer)
	case errors.Is(err, auth.ErrNotSignedIn) && slices.ContainsFunc(res.Findings, noKeychain):
		return ProviderError{fmt.Errorf("%w: no credential in the environment or auth.json, and there is no keychain to look into", auth.ErrNotSignedIn), provider}
	case errors.Is(err, auth.ErrNotSignedIn):
		return ProviderError{fmt.Errorf("%w: no credential is set or stored", auth.ErrNotSignedIn), provider}
	}
	return err
}

func noKeychain(f auth.Finding) bool {
	return f.Layer == auth.InKeychain && f.State == auth.Unavailable
}

// explainLayer names the layer that could not be read. It does not say "not signed
// in", because the layer may hold a credential.
func explainLayer(e *auth.LayerError) error {
	if e.Layer == auth.InKeychain { // the errors of the other layers name a variable or a file
		return ProviderError{fmt.Errorf("the credential could not be looked up: %w", e), e.Provider}
	}
	return ProviderError{e, e.Provider}
}
