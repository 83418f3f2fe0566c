package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// counted is a backend that records its calls and can have another program write
// between them.
type counted struct {
	keyringtest.Fake
	calls  *[]string
	before func(call string) // a call is made; may be nil
}

func newCounted(t *testing.T, limit int) counted {
	return counted{Fake: keyringtest.Fake{Dir: t.TempDir(), MaxBytes: limit}, calls: new([]string)}
}

func (c counted) note(call string) {
	if *c.calls = append(*c.calls, call); c.before != nil {
		c.before(call)
	}
}

// since returns the calls made by do.
func (c counted) since(do func()) string {
	*c.calls = nil
	do()
	return strings.Join(*c.calls, " ")
}

func (c counted) Open(ctx context.Context, a keyring.Access) (keyring.Vault, error) {
	c.note("open")
	_, err := c.Fake.Open(ctx, a)
	return c, err
}

func (c counted) Get(ctx context.Context, name string) (string, bool, error) {
	c.note("get")
	return c.Fake.Get(ctx, name)
}

func (c counted) Set(ctx context.Context, name, payload string) error {
	c.note("set")
	return c.Fake.Set(ctx, name, payload)
}

func (c counted) Delete(ctx context.Context, name string) error {
	c.note("delete")
	return c.Fake.Delete(ctx, name)
}

func (c counted) List(ctx context.Context) ([]string, error) {
	c.note("list")
	return c.Fake.List(ctx)
}

func store(value string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(value), nil }
}

func TestAnUpdateIsOneReadOneWriteAndOneReadBackOnOneConnection(t *testing.T) {
	c := newCounted(t, 0)
	k := keyring.New(c, keyring.Options{})
	for _, test := range []struct {
		want string
		do   func() error
	}{
		{"open get", func() error { _, _, err := k.Get(t.Context(), "a"); return err }},
		{"get set get", func() error { return k.Update(t.Context(), "a", store("v")) }},
		{"get set get", func() error { return k.Update(t.Context(), "a", store("w")) }},
		{"get", func() error { _, _, err := k.Get(t.Context(), "a"); return err }},
		{"get delete get", func() error { _, err := k.Delete(t.Context(), "a"); return err }},
		{"get", func() error { _, err := k.Delete(t.Context(), "a"); return err }},
		{"list", func() error { _, err := k.All(t.Context()); return err }},
		{"", func() error { return k.Tidy(t.Context()) }},
		{"open get", func() error { k.Close(); _, _, err := k.Get(t.Context(), "a"); return err }},
	} {
		got := c.since(func() {
			if err := test.do(); err != nil {
				t.Error(err)
			}
		})
		if got != test.want {
			t.Errorf("%q; want %q", got, test.want)
		}
	}
}

// A value of several items is renewed many times: a claim at its end, then another
// token inside.
func TestAThousandRenewalsLeaveAsManyItemsAsTheSecond(t *testing.T) {
	c := newCounted(t, 700)
	k := keyring.New(c, keyring.Options{})
	value := func(round byte, end string) string {
		return strings.Repeat("h", 900) + strings.Repeat(string('a'+round%26), 700) + strings.Repeat("s", 700) + end
	}
	second := 0
	for i := range deep.Choose(1000, 50) {
		renewed := c.since(func() {
			if err := k.Update(t.Context(), "a", store(value(byte(i), "revision"))); err != nil {
				t.Fatal(err)
			}
		})
		claimed := c.since(func() {
			if err := k.Update(t.Context(), "a", store(value(byte(i), "revision and a claim"))); err != nil {
				t.Fatal(err)
			}
		})
		if writes := strings.Count(claimed, "set"); writes != 1 {
			t.Fatalf("renewal %d: a claim wrote %d items", i, writes)
		}
		if writes := strings.Count(renewed, "set"); i > 0 && writes > 4 {
			t.Fatalf("renewal %d wrote %d items", i, writes)
		}
		names, err := c.Fake.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			second = len(names)
		}
		if i > 1 && len(names) != second {
			t.Fatalf("after renewal %d there are %d items; after the second %d", i, len(names), second)
		}
	}
	if got := c.since(func() { _, _ = k.Delete(t.Context(), "a") }); strings.Contains(got, "list") {
		t.Error("a deletion listed all items")
	}
	if names, _ := c.Fake.List(t.Context()); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestAValueThatShrinksFromPartsToOneItemLeavesNoPart(t *testing.T) {
	c := newCounted(t, 700)
	k := keyring.New(c, keyring.Options{})
	for _, next := range []string{strings.Repeat("l", 5000), strings.Repeat("m", 5000), strings.Repeat("m", 2000), "short"} {
		if err := k.Update(t.Context(), "a", store(next)); err != nil {
			t.Fatal(err)
		}
		if got, _, err := k.Get(t.Context(), "a"); string(got) != next || err != nil {
			t.Fatalf("%d bytes came back as %d, %v", len(next), len(got), err)
		}
	}
	if names, err := c.Fake.List(t.Context()); len(names) != 1 || err != nil {
		t.Errorf("kept: %v, %v", names, err)
	}
}

// Another program writes between our write and the read-back, or removes the item.
func TestALaterWriteOfAnotherProgramIsReported(t *testing.T) {
	for name, test := range map[string]struct {
		other func(plain *keyring.Keyring) error
		want  error
	}{
		"changed": {func(k *keyring.Keyring) error { return k.Set(t.Context(), "a", []byte("theirs")) }, keyring.ErrChanged},
		"removed": {func(k *keyring.Keyring) error { _, err := k.Delete(t.Context(), "a"); return err }, keyring.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounted(t, 0)
			plain := keyring.New(c.Fake, keyring.Options{})
			if err := plain.Set(t.Context(), "a", []byte("old")); err != nil {
				t.Fatal(err)
			}
			gets := 0
			c.before = func(call string) {
				if call != "get" {
					return
				}
				if gets++; gets == 2 {
					if err := test.other(plain); err != nil {
						t.Error(err)
					}
				}
			}
			if err := keyring.New(c, keyring.Options{}).Update(t.Context(), "a", store("ours")); !errors.Is(err, test.want) {
				t.Errorf("%v; want %v", err, test.want)
			}
		})
	}
}

// On macOS and Windows there is one item of a service and an account.
func TestAnotherProgramsPayloadIsAbsentAndNotOverwritten(t *testing.T) {
	f, k := newFake(t, 0)
	if err := k.Set(t.Context(), "ours", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), "a", "gho_something"); err != nil {
		t.Fatal(err)
	}
	if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
		t.Errorf("get: found %v, %v", found, err)
	}
	if err := k.Set(t.Context(), "a", []byte("v")); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("set: %v; want ErrDenied", err)
	}
	if removed, err := k.Delete(t.Context(), "a"); removed || err != nil {
		t.Errorf("delete: removed %v, %v", removed, err)
	}
	if accounts, err := k.List(t.Context()); len(accounts) != 1 || err != nil {
		t.Errorf("list: %v, %v", accounts, err)
	}
	plain := keyring.New(f, keyring.Options{Plain: true})
	if got, found, err := plain.Get(t.Context(), "a"); string(got) != "gho_something" || !found || err != nil {
		t.Errorf("plain: %q, found %v, %v", got, found, err)
	}
	if got, _, _ := f.Get(t.Context(), "a"); got != "gho_something" {
		t.Errorf("their item became %q", got)
	}
}

func TestOneUnreadableAccountDoesNotHideTheOthers(t *testing.T) {
	f, k := newFake(t, 100)
	for _, account := range []string{"a", "b"} {
		if err := k.Set(t.Context(), account, bytes.Repeat([]byte(account), 300)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Delete(t.Context(), "b..0a"); err != nil { // and part 1 is left
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "d", bytes.Repeat([]byte("d"), 300)); err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string]string{"a": "kr1:1:rubbish", "c..0a": "a part alone"} {
		if err := f.Set(t.Context(), name, payload); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := k.All(t.Context())
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for i, damaged := range []bool{true, true, true, false} {
		if e := entries[i]; errors.Is(e.Err, keyring.ErrCorrupt) != damaged || (len(e.Value) == 300) == damaged {
			t.Errorf("%s: %d bytes, %v", e.Account, len(e.Value), e.Err)
		}
	}
	for _, e := range entries {
		if _, err := k.Delete(t.Context(), e.Account); err != nil {
			t.Error(err)
		}
	}
	if names, _ := f.List(t.Context()); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
