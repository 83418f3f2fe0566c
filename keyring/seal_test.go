package keyring_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

func TestSealedDataOpensWithTheKeyInTheKeychainAndNothingElse(t *testing.T) {
	fake, k := newFake(t, 0)
	s := &keyring.Sealer{Keyring: k, Account: "seal.key"}
	plain := []byte("a marked secret")
	sealed, err := s.Seal(t.Context(), "one", plain)
	if err != nil || strings.Contains(sealed, "secret") || strings.ContainsAny(sealed, "\n ") {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	again := &keyring.Sealer{Keyring: k, Account: "seal.key"} // as a later process does
	if got, err := again.Open(t.Context(), "one", sealed+"\n"); !bytes.Equal(got, plain) || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another label": func() ([]byte, error) { return again.Open(t.Context(), "two", sealed) },
		"altered":       func() ([]byte, error) { return again.Open(t.Context(), "one", sealed[:len(sealed)-4]+"AAAA") },
		"cut off":       func() ([]byte, error) { return again.Open(t.Context(), "one", sealed[:12]) },
		"empty":         func() ([]byte, error) { return again.Open(t.Context(), "one", "") },
		"plain text":    func() ([]byte, error) { return again.Open(t.Context(), "one", string(plain)) },
		"another key": func() ([]byte, error) {
			_, other := newFake(t, 0)
			stranger := &keyring.Sealer{Keyring: other, Account: "seal.key"}
			if _, err := stranger.Seal(t.Context(), "one", plain); err != nil {
				return nil, err
			}
			return stranger.Open(t.Context(), "one", sealed)
		},
		"no key": func() ([]byte, error) {
			_, empty := newFake(t, 0)
			return (&keyring.Sealer{Keyring: empty, Account: "seal.key"}).Open(t.Context(), "one", sealed)
		},
	} {
		if got, err := open(); got != nil || !errors.Is(err, keyring.ErrCorrupt) {
			t.Errorf("%s: %q, %v; want ErrCorrupt", name, got, err)
		}
	}
	if err := fake.Break(keyringtest.Unavailable); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seal(t.Context(), "one", plain); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("seal without a keychain: %v", err)
	}
	if _, err := s.Open(t.Context(), "one", sealed); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("open without a keychain: %v", err)
	}
}

// Another process signs out of everything, which removes the key, and signs in again, which creates another.
func TestASealerUsesTheKeyThatReplacedItsOwn(t *testing.T) {
	_, k := newFake(t, 0)
	sealer := func() *keyring.Sealer { return &keyring.Sealer{Keyring: k, Account: "seal.key"} }
	long := sealer()
	for _, text := range []string{"before", "after"} {
		theirs, err := sealer().Seal(t.Context(), "one", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := long.Open(t.Context(), "one", theirs); string(got) != text || err != nil {
			t.Errorf("opened %q, %v", got, err)
		}
		ours, err := long.Seal(t.Context(), "one", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sealer().Open(t.Context(), "one", ours); string(got) != text || err != nil {
			t.Errorf("opened %q, %v", got, err)
		}
		if _, err := k.Delete(t.Context(), "seal.key"); err != nil {
			t.Fatal(err)
		}
	}
}

// Another process creates the key between our read and our write.
func TestTheFirstSealingKeyStays(t *testing.T) {
	c := newCounted(t, 0)
	theirs := &keyring.Sealer{Keyring: keyring.New(c.Fake, keyring.Options{}), Account: "seal.key"}
	calls := 0
	c.before = func(call string) {
		if calls++; call == "get" && calls == 3 { // after open and the first read
			if _, err := theirs.Seal(t.Context(), "one", nil); err != nil {
				t.Error(err)
			}
		}
	}
	ours := &keyring.Sealer{Keyring: keyring.New(c, keyring.Options{}), Account: "seal.key"}
	sealed, err := ours.Seal(t.Context(), "one", []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := theirs.Open(t.Context(), "one", sealed); string(got) != "plain" || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
}
