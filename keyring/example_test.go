package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// Three ends that look alike elsewhere: no keychain, nothing kept, a value.
func ExampleOpen() {
	k := keyring.Open("example", keyring.Options{
		Attended: true, // a person can answer the prompt of a locked keychain
		OnPrompt: func() { fmt.Fprintln(os.Stderr, "Please unlock your keychain.") },
	})
	value, found, err := k.Get(context.Background(), "account")
	switch {
	case errors.Is(err, keyring.ErrUnavailable):
		fmt.Println("this machine has no keychain")
	case err != nil:
		log.Fatal(err) // locked, denied, no answer in time: the value may well be there
	case !found:
		fmt.Println("nothing is kept")
	default:
		fmt.Println(len(value), "bytes are kept")
	}
}

// A test keeps its items in files of its own, and leaves the keychain alone.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, fake := context.Background(), keyringtest.Fake{Dir: dir}
	k := keyring.New(fake, keyring.Options{})
	if err := k.Set(ctx, "account", []byte("a secret")); err != nil {
		log.Fatal(err)
	}
	accounts, err := k.List(ctx)
	fmt.Println(accounts, err)

	if err := fake.Break(keyringtest.Locked); err != nil {
		log.Fatal(err)
	}
	_, found, err := k.Get(ctx, "account")
	fmt.Println(found, errors.Is(err, keyring.ErrLocked))
	// Output:
	// [account] <nil>
	// false true
}

// What is too open a place for a secret gets it sealed; the key stays in the
// keychain.
func ExampleSealer() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s := &keyring.Sealer{Keyring: keyring.New(keyringtest.Fake{Dir: dir}, keyring.Options{}), Account: "seal.key"}
	sealed, err := s.Seal(ctx, "cache.json", []byte("a secret"))
	if err != nil {
		log.Fatal(err)
	}
	plain, err := s.Open(ctx, "cache.json", sealed)
	fmt.Printf("%t %s %v\n", keyring.IsSealed(sealed), plain, err)
	// Output: true a secret <nil>
}
