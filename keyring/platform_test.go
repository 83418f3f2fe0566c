//go:build windows || darwin

package keyring_test

import (
	"os"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// TestContractOfThePlatform writes to the keychain of whoever runs it, under a
// service name of its own, and so only where it is asked to. The largest value is
// hundreds of items, for each of which macOS starts a program.
func TestContractOfThePlatform(t *testing.T) {
	if os.Getenv("MOGPLEX_TEST_KEYCHAIN") == "" {
		t.Skip("MOGPLEX_TEST_KEYCHAIN is not set: this test writes to your own keychain")
	}
	testContract(t, keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute}))
}
