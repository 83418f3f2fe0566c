package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// explain says what a failed resolution means, in words for a person.
func (s *session) explain(res auth.Result, err error) error {
	var layer *auth.LayerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &layer):
		return s.explainLayer(layer)
	case errors.Is(err, auth.ErrOtherOrigin):
		return fmt.Errorf("%w: what is stored here is not for %s", auth.ErrOtherOrigin, s.origin)
	case errors.Is(err, auth.ErrNotSignedIn) && slices.ContainsFunc(res.Findings, noKeychain):
		return fmt.Errorf("%w: no credential is set or in auth.json, and there is no keychain to look into", auth.ErrNotSignedIn)
	case errors.Is(err, auth.ErrNotSignedIn):
		return fmt.Errorf("%w: no credential is set or stored", auth.ErrNotSignedIn)
	}
	return err
}

func noKeychain(f auth.Finding) bool {
	return f.Layer == auth.Keychain && f.State == auth.Unavailable
}

// explainLayer names the layer that could not be read. It is not said that
// nobody is signed in: that is not known.
func (s *session) explainLayer(e *auth.LayerError) error {
	if e.Layer != auth.Keychain {
		return e.Err // it names the variable or the file
	}
	return fmt.Errorf("the credential could not be looked up: %w", e.Err)
}
