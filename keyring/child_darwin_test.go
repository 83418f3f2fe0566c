package keyring_test

import (
	"os"

	"github.com/mogplex/mogplex-cli/keyring"
)

// The tests' program can be its own child, unless it is to do without.
func init() {
	if os.Getenv("SECURITY_IN_PROCESS") == "" && keyring.RunChild() {
		os.Exit(0)
	}
}
