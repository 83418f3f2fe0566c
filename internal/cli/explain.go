package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/legacyfile"
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
	return keyError{err, e.Provider}
}

// keyError is a failure with a provider's credential. With a key other commands
// help than with the account: those would sign out of that.
type keyError struct {
	error
	provider string // empty: whichever comes first
}

func (e keyError) Unwrap() error { return e.error }

// key is the provider, if it is one that has a key.
func (e keyError) key() (p auth.Provider, ok bool) {
	p, ok = auth.ProviderNamed(e.provider)
	return p, ok && p.Name != auth.Mogplex
}

// command stores another credential in place of the one that failed.
func (e keyError) command() string {
	if p, ok := e.key(); ok {
		return "mogplex login --provider " + p.Name + " --with-api-key"
	}
	return "mogplex login"
}

// hint is the next thing to type for an outcome.
func (e keyError) hint(o outcome) string {
	p, ok := e.key()
	switch {
	case !ok, errors.Is(e, auth.ErrBadID):
	case o.code == "corrupt" && errors.Is(e, legacyfile.ErrCorrupt) && !errors.Is(e, auth.ErrDamaged):
		return "Fix the file, or store the key again with `" + e.command() + "`: the file is backed up first."
	case o.code == "corrupt":
		return "Remove it with `mogplex logout --provider " + p.Name + "`, then store it again with `" + e.command() + "`."
	case o.code == "later_version":
		return "Use that version, or remove the key with `mogplex logout --provider " + p.Name + "` and store it again with `" + e.command() + "`."
	case o.code == "file_refused":
		return "Move that file away, then store the key again with `" + e.command() + "`."
	case o.code == "not_signed_in":
		return "Store its key with `" + e.command() + "`, or set " + p.Variable + "."
	}
	return o.hint
}
