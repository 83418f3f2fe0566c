package keyring_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// keePassXC starts a headless KeePassXC with an open database, on a session bus
// that has no other provider.
func keePassXC(t *testing.T, config string) {
	t.Helper()
	deep.Only(t)
	installed(t, "keepassxc", "keepassxc-cli")
	if err := session(t, keyringtest.Options{NoProvider: true}).StartKeePassXC(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

func TestContractOfKeePassXC(t *testing.T) {
	keePassXC(t, keyringtest.KeePassConfig)
	k := open(keyring.Options{Timeout: 5 * limit}) // the largest value is a lot
	if got := k.Backend(t.Context()); got != "Secret Service (KeePassXC)" {
		t.Errorf("backend %q", got)
	}
	eventually(t, "an item that does not stay blank, as the first ones can", func() bool {
		return k.Set(t.Context(), "first", []byte("v")) == nil
	})
	if _, err := k.Delete(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	testContract(t, k)
}

// By default KeePassXC asks in its own window before a program reads or overwrites
// an item. Nobody answers here.
func TestAKeePassXCThatAsksForEveryAccessEndsAtTheTimeLimit(t *testing.T) {
	keePassXC(t, strings.ReplaceAll(keyringtest.KeePassConfig, "=false\nConfirmDelete", "=true\nConfirmDelete"))
	for _, test := range []struct {
		attended bool
		limit    time.Duration
		want     error
	}{{false, limit, keyring.ErrLocked}, {true, time.Second, keyring.ErrTimeout}} {
		opt := keyring.Options{Attended: test.attended, Timeout: test.limit}
		eventually(t, "KeePassXC knows the item that the first call made", func() bool {
			started := time.Now()
			setErr := open(opt).Set(t.Context(), "a", []byte("v"))
			_, found, getErr := open(opt).Get(t.Context(), "a")
			removed, deleteErr := open(opt).Delete(t.Context(), "a")
			errs := []error{setErr, getErr, deleteErr}
			for _, err := range errs {
				if err != nil && !errors.Is(err, test.want) || found || removed {
					t.Errorf("attended %v: %v, found %v, removed %v; want %v", test.attended, err, found, removed, test.want)
				}
			}
			if took := time.Since(started); took > limit/2 {
				t.Errorf("attended %v: three calls took %s", test.attended, took)
			}
			return !slices.Contains(errs, nil) // not every search finds it at first
		})
	}
}

// KeePassXC adds attributes to every item. An item taken for another program's
// because of them could be neither renewed nor removed.
func TestAnItemThatGoKeyringMadeIsOursByItsPayload(t *testing.T) {
	for attribute, ours := range map[string]bool{
		"Notes": true, "Path": true, "Title": true, "URL": true, "UserName": true, "Uuid": true, "another": false,
	} {
		t.Run(attribute, func(t *testing.T) {
			s := holding(&stub{}, storedV)
			delete(s.attributes, "xdg:schema")
			s.attributes[attribute] = "x"
			startStub(t, s)
			k := open(keyring.Options{})
			if _, found, err := k.Get(t.Context(), "a"); found != ours || err != nil {
				t.Errorf("get: found %v, %v", found, err)
			}
			if err := k.Set(t.Context(), "a", []byte("w")); err != nil {
				t.Errorf("set: %v", err)
			}
			if _, created, replaced := s.state(); created == ours || replaced {
				t.Errorf("another item was created: %v, in place of the other: %v", created, replaced)
			}
		})
	}
}
