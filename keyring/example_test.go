package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// Three ends that look alike elsewhere: no keychain, nothing kept, a value.
func ExampleOpen() {
	k := keyring.Open("example", keyring.Options{
		Attended: true, // a person can answer the prompt of a locked keychain
		OnPrompt: func() { fmt.Fprintln(os.Stderr, "Please unlock your keychain.") },
	})
	defer k.Close()
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
	defer k.Close()
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

// A change that depends on what is there is an Update, under a lock if other
// processes make such changes. Inside the lock nobody is asked for anything.
func ExampleKeyring_Update() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	k := keyring.New(keyringtest.Fake{Dir: dir}, keyring.Options{Attended: true})
	defer k.Close()
	for range 3 {
		err := k.Unattended().Update(ctx, "counter", func(current []byte) ([]byte, error) {
			return append(current, '+'), nil // current is nil at first
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	err = k.Update(ctx, "counter", func([]byte) ([]byte, error) { return nil, errors.New("changed my mind") })
	value, found, _ := k.Get(ctx, "counter")
	fmt.Printf("%v: %s %t\n", err, value, found)
	// Output: changed my mind: +++ true
}

// A Sealer encrypts a secret that is too large or too short-lived for the keychain; its key stays there.
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
	fmt.Printf("%s %v\n", plain, err)
	// Output: a secret <nil>
}
