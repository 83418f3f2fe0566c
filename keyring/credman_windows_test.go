package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/danieljoos/wincred"
	"golang.org/x/sys/windows"
)

func TestWhatWindowsAnswersHasItsOwnClass(t *testing.T) {
	for answer, want := range map[error]error{
		windows.ERROR_NO_SUCH_LOGON_SESSION: ErrUnavailable, // over SSH
		windows.ERROR_ACCESS_DENIED:         ErrDenied,
		windows.ERROR_INVALID_PARAMETER:     ErrUnavailable,
		errors.New("something else"):        ErrUnavailable,
	} {
		if err := classifyErrno(fmt.Errorf("go-keyring: %w", answer)); !errors.Is(err, want) {
			t.Errorf("%v: %v; want %v", answer, err, want)
		}
	}
}

// Windows takes 2560 bytes an item; Wine takes more.
func TestNoItemIsLongerThanWindowsTakes(t *testing.T) {
	if os.Getenv("MOGPLEX_TEST_KEYCHAIN") == "" {
		t.Skip("MOGPLEX_TEST_KEYCHAIN is not set: this test writes to your own keychain")
	}
	k := Open("mogplex-test", Options{})
	for _, size := range []int{1800, 1900, 2560, 20_000} {
		if err := k.Set(t.Context(), "long", bytes.Repeat([]byte{0xff}, size)); err != nil {
			t.Fatal(err)
		}
		items, err := wincred.FilteredList("mogplex-test:*")
		if err != nil || len(items) == 0 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		for _, item := range items {
			if n := len(item.CredentialBlob); n > 2560 {
				t.Errorf("of %d bytes: an item of %d", size, n)
			}
		}
	}
	if _, err := k.Delete(t.Context(), "long"); err != nil {
		t.Error(err)
	}
}

// Windows ignores case: an item written in capitals is read, listed and removed under
// the requested name.
func TestANameInCapitalsIsTheSameName(t *testing.T) {
	if os.Getenv("MOGPLEX_TEST_KEYCHAIN") == "" {
		t.Skip("MOGPLEX_TEST_KEYCHAIN is not set: this test writes to your own keychain")
	}
	v, err := platformBackend("mogplex-test", Options{}).Open(t.Context(), Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	cred := wincred.NewGenericCredential("Mogplex-Test:Capitals")
	cred.CredentialBlob = []byte("kept")
	if err := cred.Write(); err != nil {
		t.Fatal(err)
	}
	if got, found, err := v.Get(t.Context(), "capitals"); got != "kept" || !found || err != nil {
		t.Errorf("get: %q, found %v, %v", got, found, err)
	}
	if got, err := v.List(t.Context()); err != nil || !slices.Equal(got, []string{"capitals"}) {
		t.Errorf("list: %q, %v", got, err)
	}
	if err := v.Set(t.Context(), "capitals", "changed"); err != nil {
		t.Error(err)
	}
	if err := v.Delete(t.Context(), "capitals"); err != nil {
		t.Error(err)
	}
	if got, err := v.List(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("after deleting: %q, %v", got, err)
	}
}
