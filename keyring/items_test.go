package keyring_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// picky combines the limits of all keychains: it damages what is not ASCII, ignores
// case, and refuses items over its size.
type picky struct {
	keyringtest.Fake
	t *testing.T
}

func (p picky) Open(ctx context.Context, a keyring.Access) (keyring.Vault, error) {
	_, err := p.Fake.Open(ctx, a)
	return p, err
}

func (p picky) Set(ctx context.Context, account, payload string) error {
	if strings.ContainsFunc(payload, func(r rune) bool { return r <= ' ' || r > '~' }) {
		p.t.Errorf("the item %s has bytes that KWallet, KeePassXC or macOS change", account)
	}
	if len(payload) > p.MaxBytes {
		p.t.Errorf("the item %s has %d bytes", account, len(payload))
	}
	if account != strings.ToLower(account) || strings.ContainsAny(account, ":\\'\n") || len(account) > 200 {
		p.t.Errorf("the item's name %q is not the same everywhere", account)
	}
	return p.Fake.Set(ctx, account, payload)
}

func TestATokenOfAnySizeAndAnyBytesFitsEveryStore(t *testing.T) {
	const windows = 2560 // bytes; the tightest of them
	f := keyringtest.Fake{Dir: t.TempDir(), MaxBytes: 2500}
	k := keyring.New(picky{f, t}, keyring.Options{Timeout: time.Minute})
	if f.MaxBytes >= windows {
		t.Fatal("the limit is over Windows'")
	}
	account := "a" + strings.Repeat("-", 119)
	for _, size := range []int{0, 1, 1850, 1851, 1852, 2500, 2559, 2560, 2561, 4096, 70_000, keyring.MaxValue} {
		value := make([]byte, size)
		rand.Read(value)
		if err := k.Set(t.Context(), account, value); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if got, found, err := k.Get(t.Context(), account); !found || err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes: found %v, %d bytes, %v", size, found, len(got), err)
		}
	}
}

// lost fails every write, before or after the write took place, like a connection
// that breaks.
type lost struct {
	keyringtest.Fake
	after bool // the write was carried out
}

func (l lost) Open(ctx context.Context, a keyring.Access) (keyring.Vault, error) {
	_, err := l.Fake.Open(ctx, a)
	return l, err
}

func (l lost) Set(ctx context.Context, account, payload string) error {
	if l.after {
		if err := l.Fake.Set(ctx, account, payload); err != nil {
			return err
		}
	}
	return keyring.Failure(keyring.ErrUnavailable, "the connection was lost")
}

func TestASaveWhoseAnswerWasLostIsSettledByReadingBack(t *testing.T) {
	for _, limit := range []int{0, 100} {
		for _, after := range []bool{true, false} {
			t.Run(fmt.Sprintf("limit %d, carried out %v", limit, after), func(t *testing.T) {
				f, plain := newFake(t, limit)
				if err := plain.Set(t.Context(), "a", []byte("old")); err != nil {
					t.Fatal(err)
				}
				err := keyring.New(lost{f, after}, keyring.Options{}).Set(t.Context(), "a", []byte("new"))
				got, _, getErr := plain.Get(t.Context(), "a")
				if getErr != nil || (err == nil) != (string(got) == "new") || (err == nil) != after {
					t.Errorf("set: %v; stored is %q, %v", err, got, getErr)
				}
			})
		}
	}
}

// A person who types a password needs longer than 3 s, and a script must not
// wait a minute.
func TestTheWaitFitsWhoIsThere(t *testing.T) {
	for _, test := range []struct {
		opt  keyring.Options
		want time.Duration
	}{
		{keyring.Options{}, 5 * time.Second},
		{keyring.Options{Attended: true}, time.Minute},
		{keyring.Options{Attended: true, Timeout: 3 * time.Hour}, 3 * time.Hour},
	} {
		f := keyringtest.Fake{Dir: t.TempDir()}
		if err := f.Break(keyringtest.Hangs); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			_, _, err := keyring.New(f, test.opt).Get(t.Context(), "a")
			if took := time.Since(start); took != test.want || !errors.Is(err, keyring.ErrTimeout) {
				t.Errorf("%+v: %v after %s", test.opt, err, took)
			}
		})
	}
}
