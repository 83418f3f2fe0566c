//go:build windows || darwin

package keyring_test

import (
	"os"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// TestContractOfThePlatform writes to the keychain of the person who runs it, under
// its own service name, and so runs only on request. The largest value takes
// hundreds of items, for each of which macOS starts a program.
func TestContractOfThePlatform(t *testing.T) {
	if os.Getenv("MOGPLEX_TEST_KEYCHAIN") == "" {
		t.Skip("MOGPLEX_TEST_KEYCHAIN is not set: this test writes to your own keychain")
	}
	testContract(t, keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute}))
}
