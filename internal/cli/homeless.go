package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// nowhere stands for the state directory if there is none to be found. Nothing
// can be there: a device has no directory in it. A variable that holds a
// credential works without one.
var nowhere = filepath.Join(os.DevNull, "mogplex")

// closedStore is a store of a state directory that was not found.
type closedStore struct{ why error }

// Load implements [auth.Store].
func (s closedStore) Load(context.Context, auth.Key) (auth.Record, bool, error) {
	return auth.Record{}, false, s.why
}

// Swap implements [auth.Store].
func (s closedStore) Swap(context.Context, auth.Key, auth.Revision, auth.Record) error { return s.why }

// Delete implements [auth.Store].
func (s closedStore) Delete(context.Context, auth.Key, *auth.Revision) (auth.Record, bool, error) {
	return auth.Record{}, false, s.why
}

// List implements [auth.Store].
func (s closedStore) List(context.Context) ([]auth.Listed, error) { return nil, s.why }
