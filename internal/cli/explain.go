package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
)

// explain says what a failed resolution for a provider, or for whichever comes
// first, means, in words for a person.
func (s *session) explain(provider string, res auth.Result, err error) error {
	var layer *auth.LayerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &layer):
		return s.explainLayer(layer)
	case errors.Is(err, auth.ErrNotSignedIn) && slices.ContainsFunc(res.Findings, noKeychain):
		return keyError{fmt.Errorf("%w: no credential is set or in auth.json, and there is no keychain to look into", auth.ErrNotSignedIn), provider}
	case errors.Is(err, auth.ErrNotSignedIn):
		return keyError{fmt.Errorf("%w: no credential is set or stored", auth.ErrNotSignedIn), provider}
	}
	return err
}

func noKeychain(f auth.Finding) bool {
	return f.Layer == auth.InKeychain && f.State == auth.Unavailable
}

// explainLayer names the layer that could not be read. It is not said that
// nobody is signed in: that is not known.
func (s *session) explainLayer(e *auth.LayerError) error {
	err := e.Err
	if e.Layer == auth.InKeychain { // a variable or a file is named by its error
		err = fmt.Errorf("the credential could not be looked up: %w", err)
	}
	if errors.Is(err, auth.ErrDamaged) || errors.Is(err, keyring.ErrCorrupt) {
		return keyError{err, e.Provider}
	}
	return err
}

// keyError is a failure with a provider's credential. With a key other commands
// help than with the account: those would sign out of that.
type keyError struct {
	error
	provider string // empty: whichever comes first
}

func (e keyError) Unwrap() error { return e.error }

// hint is the next thing to type for an outcome.
func (e keyError) hint(o outcome) string {
	p, known := auth.ProviderNamed(e.provider)
	if !known || p.Name == auth.Mogplex {
		return o.hint
	}
	store := "`mogplex login --provider " + p.Name + " --with-api-key`"
	if o.code == "corrupt" {
		return "Remove it with `mogplex logout --provider " + p.Name + "`, then store it again with " + store + "."
	}
	return "Store its key with " + store + ", or set " + p.Variable + "."
}
