package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// slow is a fake that stores at once and, while a file says so, answers only
// when the caller has given up.
type slow struct{ keyringtest.Fake }

func (s slow) Open(ctx context.Context, access keyring.Access) (keyring.Vault, error) {
	_, err := s.Fake.Open(ctx, access)
	return s, err
}

func (s slow) Set(ctx context.Context, account, payload string) error {
	err := s.Fake.Set(ctx, account, payload)
	if _, statErr := os.Stat(filepath.Join(s.Dir, slowFile)); statErr == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

const slowFile = ".slow"

var _ = testing.Short
