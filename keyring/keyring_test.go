package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

func newFake(t *testing.T, limit int) (keyringtest.Fake, *keyring.Keyring) {
	f := keyringtest.Fake{Dir: t.TempDir(), MaxBytes: limit}
	return f, keyring.New(f, keyring.Options{Timeout: time.Minute})
}

func TestContractOfTheFake(t *testing.T) {
	for _, limit := range []int{0, 2500, 700} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			_, k := newFake(t, limit)
			testContract(t, k)
		})
	}
}

func TestEachFailureHasItsOwnClass(t *testing.T) {
	classes := []error{keyring.ErrLocked, keyring.ErrDenied, keyring.ErrTimeout, keyring.ErrUnavailable, keyring.ErrCorrupt}
	for fault, want := range map[keyringtest.Fault]error{
		keyringtest.Locked:      keyring.ErrLocked,
		keyringtest.Denied:      keyring.ErrDenied,
		keyringtest.Hangs:       keyring.ErrTimeout,
		keyringtest.Unavailable: keyring.ErrUnavailable,
	} {
		f := keyringtest.Fake{Dir: t.TempDir()}
		opt := keyring.Options{Timeout: time.Minute}
		if fault == keyringtest.Hangs {
			opt.Timeout = 50 * time.Millisecond
		}
		k := keyring.New(f, opt)
		if err := f.Break(fault); err != nil {
			t.Fatal(err)
		}
		value, found, err := k.Get(t.Context(), "a")
		if value != nil || found {
			t.Errorf("%s: got %q, found %v", fault, value, found)
		}
		for _, class := range classes {
			if errors.Is(err, class) != (class == want) {
				t.Errorf("%s: %v: errors.Is(%v) is %v", fault, err, class, errors.Is(err, class))
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v reads as absent", fault, err)
		}
	}
}

// A line break in a service's name would be a second command to macOS' security.
func TestAServiceNameThatAPlatformWouldChangeIsRefused(t *testing.T) {
	for _, service := range []string{"", "My App", "a\nb", "a:b"} {
		_, found, err := keyring.Open(service, keyring.Options{}).Get(t.Context(), "a")
		if found || err == nil || !strings.Contains(err.Error(), "keychain name") {
			t.Errorf("%q: found %v, %v", service, found, err)
		}
	}
}

func TestAWriteThatIsNotKeptIsNotReportedAsDone(t *testing.T) {
	f, k := newFake(t, 0)
	if err := k.Set(t.Context(), "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := f.Break(keyringtest.Forgets); err != nil {
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "a", []byte("new")); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("set: %v; want ErrDenied", err)
	}
	if removed, err := k.Delete(t.Context(), "a"); removed || !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("delete: removed %v, %v; want ErrDenied", removed, err)
	}
	if got, _, err := k.Get(t.Context(), "a"); string(got) != "old" || err != nil {
		t.Errorf("get: %q, %v", got, err)
	}
}

func TestDamagedItemsAreCorruptAndNeverAbsent(t *testing.T) {
	f, k := newFake(t, 100)
	long := bytes.Repeat([]byte("v"), 300)
	if err := k.Set(t.Context(), "good", long); err != nil {
		t.Fatal(err)
	}
	whole, _, _ := f.Get(t.Context(), "good")
	if !strings.HasPrefix(whole, "kr1:1:300:f394ee6ce7021f49:4.AA:") {
		t.Fatalf("300 bytes of limit 100 are kept as %q", whole)
	}
	for name, payload := range map[string]string{
		"blank":           "",
		"cut header":      "kr1:12",
		"wrong length":    "kr1:1:4:ba7816bf8f01cfea::YWJj",
		"wrong checksum":  "kr1:1:3:0000000000000000::YWJj",
		"bad base64":      "kr1:1:3:ba7816bf8f01cfea::***",
		"parts missing":   "kr1:1:300:0000000000000000:4.AA:",
		"too many parts":  "kr1:1:300:0000000000000000:999999999.AA:",
		"fewer bits":      "kr1:1:300:0000000000000000:9.AA:",
		"no part":         "kr1:1:3:ba7816bf8f01cfea:0.:YWJj",
		"negative length": "kr1:1:-1:0000000000000000:1.AA:",
		"huge length":     "kr1:1:99999999999:0000000000000000:1.AA:",
		"odd word":        "kr1:1:removed",
		"cut manifest":    whole[:len(whole)-3],
	} {
		if err := f.Set(t.Context(), "a", payload); err != nil {
			t.Fatal(err)
		}
		value, found, err := k.Get(t.Context(), "a")
		if value != nil || found || !errors.Is(err, keyring.ErrCorrupt) {
			t.Errorf("%s: %q, found %v, error %v; want ErrCorrupt", name, value, found, err)
		}
		if payload != "" && err != nil && strings.Contains(err.Error(), payload) {
			t.Errorf("%s: the error quotes the item: %v", name, err)
		}
		err = k.Update(t.Context(), "a", func([]byte) ([]byte, error) { t.Error("a damaged value was updated"); return nil, nil })
		if !errors.Is(err, keyring.ErrCorrupt) {
			t.Errorf("%s: update: %v; want ErrCorrupt", name, err)
		}
		if err := k.Set(t.Context(), "a", []byte("new")); err != nil {
			t.Errorf("%s: can't be replaced: %v", name, err)
		}
		if err := f.Set(t.Context(), "a", payload); err != nil {
			t.Fatal(err)
		}
		if removed, err := k.Delete(t.Context(), "a"); !removed || err != nil {
			t.Errorf("%s: can't be deleted: %v", name, err)
		}
	}
}

func TestAKeychainThatDidNotAnswerIsNotAskedAgainAtOnce(t *testing.T) {
	f := keyringtest.Fake{Dir: t.TempDir()}
	k := keyring.New(f, keyring.Options{Timeout: 50 * time.Millisecond})
	if err := f.Break(keyringtest.Hangs); err != nil {
		t.Fatal(err)
	}
	_, _, getErr := k.Get(t.Context(), "a")
	setErr := k.Set(t.Context(), "a", []byte("v"))
	for _, err := range []error{getErr, setErr} {
		if !errors.Is(err, keyring.ErrTimeout) || !strings.Contains(err.Error(), "waited 50ms") {
			t.Errorf("%v; want ErrTimeout after 50ms", err)
		}
	}
	if waits := f.Waits(); waits != 1 {
		t.Errorf("it was asked %d times", waits)
	}
}

func TestATimeLimitOfTheCallersIsNotTakenForOurs(t *testing.T) {
	f, k := newFake(t, 0)
	if err := f.Break(keyringtest.Hangs); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := k.Get(ctx, "a"); !errors.Is(err, keyring.ErrTimeout) || strings.Contains(err.Error(), "1m0s") {
		t.Errorf("%v; want ErrTimeout, and no word of the minute", err)
	}
}

func TestAValueOfMorePartsThanCanBeReadIsRefusedAndTheOldOneStays(t *testing.T) {
	_, k := newFake(t, 60)
	if err := k.Set(t.Context(), "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "a", make([]byte, 250_000)); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("set: %v; want ErrUnavailable", err)
	}
	if got, _, err := k.Get(t.Context(), "a"); string(got) != "old" || err != nil {
		t.Errorf("get: %d bytes, %v", len(got), err)
	}
}

// interrupted is a backend that fails for good after a number of writes, like a
// killed process.
type interrupted struct {
	keyringtest.Fake
	left *int
}

var errKilled = errors.New("killed")

func (i interrupted) Open(ctx context.Context, a keyring.Access) (keyring.Vault, error) {
	_, err := i.Fake.Open(ctx, a)
	return i, err
}

func (i interrupted) spend() error {
	if *i.left--; *i.left < 0 {
		return errKilled
	}
	return nil
}

func (i interrupted) Set(ctx context.Context, account, payload string) error {
	if err := i.spend(); err != nil {
		return err
	}
	return i.Fake.Set(ctx, account, payload)
}

func (i interrupted) Delete(ctx context.Context, account string) error {
	if err := i.spend(); err != nil {
		return err
	}
	return i.Fake.Delete(ctx, account)
}

func TestAWriteOrDeleteCutOffAnywhereLosesNothingAndLeavesNothing(t *testing.T) {
	old, next := bytes.Repeat([]byte("old"), 100), bytes.Repeat([]byte("new"), 120)
	for steps := range 20 {
		f, k := newFake(t, 100)
		if err := k.Set(t.Context(), "a", old); err != nil {
			t.Fatal(err)
		}
		left := steps
		cut := keyring.New(interrupted{f, &left}, keyring.Options{})
		setErr := cut.Set(t.Context(), "a", next)
		got, found, err := k.Get(t.Context(), "a")
		if err != nil || !found || !bytes.Equal(got, old) && !bytes.Equal(got, next) {
			t.Fatalf("after %d steps: found %v, %d bytes, %v", steps, found, len(got), err)
		}
		if setErr == nil && !bytes.Equal(got, next) {
			t.Fatalf("after %d steps: success was reported and the old value is there", steps)
		}
		left = steps / 2
		_, _ = cut.Delete(t.Context(), "a")
		if _, err := k.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if names, err := f.List(t.Context()); len(names) != 0 || err != nil {
			t.Fatalf("after %d steps: left behind %v, %v", steps, names, err)
		}
	}
}

func FuzzItem(f *testing.F) {
	f.Add("kr1:1:3:ba7816bf8f01cfea::YWJj")
	f.Add("kr1:1:300:0000000000000000:4.AA:")
	f.Add("kr1:7:deleted")
	f.Add("gho_something")
	f.Add("")
	f.Fuzz(func(t *testing.T, payload string) {
		fake, k := newFake(t, 0)
		if _, err := fake.Open(t.Context(), keyring.Access{}); err != nil {
			t.Fatal(err)
		}
		if err := fake.Set(t.Context(), "a", payload); err != nil {
			t.Fatal(err)
		}
		value, found, err := k.Get(t.Context(), "a")
		if found && err != nil || err != nil && !errors.Is(err, keyring.ErrCorrupt) {
			t.Fatalf("%q: %q, found %v, error %v", payload, value, found, err)
		}
		if marked := strings.HasSuffix(payload, ":deleted"); !found && err == nil && strings.HasPrefix(payload, "kr1:") && !marked {
			t.Fatalf("%q is ours and absent", payload)
		}
		if err := k.Set(t.Context(), "a", []byte("v")); err != nil && !errors.Is(err, keyring.ErrDenied) {
			t.Fatalf("%q can't be replaced: %v", payload, err)
		}
	})
}

func TestUpdatesOfDifferentAccountsDoNotWaitForEachOther(t *testing.T) {
	k := keyring.New(keyringtest.Fake{Dir: t.TempDir()}, keyring.Options{Timeout: time.Minute})
	defer k.Close()
	err := k.Update(t.Context(), "a", func([]byte) ([]byte, error) {
		return []byte("a"), k.Set(t.Context(), "b", []byte("b"))
	})
	if err != nil {
		t.Error(err)
	}
}
