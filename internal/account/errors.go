package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// Failures of the use cases, for errors.Is.
var (
	// ErrReplaced: what belongs to one credential is not for the next one.
	ErrReplaced = errors.New("another credential has replaced the one that it belongs to")
	// ErrUnchecked: a new token that the service could not be asked about replaces
	// nothing unless the person insists.
	ErrUnchecked = errors.New("the token could not be checked, and replaces nothing")
	// ErrNotAsked: the service was not asked about an expired token.
	ErrNotAsked = errors.New("was not asked")
	// ErrGivenUp: the program ended before a session was ended at the service.
	ErrGivenUp = errors.New("it did not answer in time")
	// ErrBackup: a backup may be another program's, and is not removed.
	ErrBackup = errors.New("this backup of a file that could not be parsed may hold a credential; look into it, and remove it")
)

// UsageError is invalid usage, or an invalid setting.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// HintError is an error with its own next step, in place of its class's.
type HintError struct {
	Err  error
	Hint string // sentences for a person
}

func (e HintError) Error() string { return e.Err.Error() }

func (e HintError) Unwrap() error { return e.Err }

// ProviderError is a failure with a provider's credential. Other commands help with
// a provider's key than with the account.
type ProviderError struct {
	Err      error
	Provider string // empty: any provider's
}

func (e ProviderError) Error() string { return e.Err.Error() }

func (e ProviderError) Unwrap() error { return e.Err }

// forProvider names the provider that a failure is about.
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
	return UsageError("unknown provider; use one of " + strings.Join(names, ", "))
}

// explain completes the error of a resolution for a provider: which layer could not
// be read, or whether there was a keychain to look into.
func explain(provider string, res auth.Result, err error) error {
	var layer *auth.LayerError
	switch {
	case errors.As(err, &layer):
		return explainLayer(layer)
	case errors.Is(err, auth.ErrNotSignedIn) && slices.ContainsFunc(res.Findings, noKeychain):
		return ProviderError{fmt.Errorf("%w: no credential is set or in auth.json, and there is no keychain to look into", auth.ErrNotSignedIn), provider}
	case errors.Is(err, auth.ErrNotSignedIn):
		return ProviderError{fmt.Errorf("%w: no credential is set or stored", auth.ErrNotSignedIn), provider}
	}
	return err
}

func noKeychain(f auth.Finding) bool {
	return f.Layer == auth.InKeychain && f.State == auth.Unavailable
}

// explainLayer names the layer that could not be read. It does not say "not signed
// in", because that is unknown.
func explainLayer(e *auth.LayerError) error {
	err := e.Err
	if e.Layer == auth.InKeychain { // a variable or a file is named by its error
		err = fmt.Errorf("the credential could not be looked up: %w", err)
	}
	return ProviderError{err, e.Provider}
}
