package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// testContract checks what every keychain has to do, the real ones and the fake. The keychain must be unlocked and hold
// nothing of the service.
func testContract(t *testing.T, k *keyring.Keyring) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *keyring.Keyring)
	}{
		{"absent is not an error", absent},
		{"a value comes back as it was stored", roundTrip},
		{"a value is replaced", replace},
		{"deleting leaves nothing", deleteAll},
		{"an account can have any name", names},
		{"an update sees what is there, and removes it for nil", update},
		{"an update whose change fails writes nothing", failedUpdate},
		{"updates at once follow one another", counting},
		{"all values come in one pass", all},
		{"a value too large is refused and the old one stays", tooLarge},
		{"readers and writers at once never meet a mixture", mixture},
		{"a cancelled context ends every call", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, k) })
	}
}

func mustSet(t *testing.T, k *keyring.Keyring, account string, value []byte) {
	t.Helper()
	if err := k.Set(t.Context(), account, value); err != nil {
		t.Fatalf("set %s: %v", account, err)
	}
	t.Cleanup(func() {
		if _, err := k.Delete(context.WithoutCancel(t.Context()), account); err != nil {
			t.Errorf("delete %s: %v", account, err)
		}
	})
}

func mustGet(t *testing.T, k *keyring.Keyring, account string) []byte {
	t.Helper()
	value, found, err := k.Get(t.Context(), account)
	if err != nil || !found {
		t.Fatalf("get %s: found %v, error %v", account, found, err)
	}
	return value
}

func wantAccounts(t *testing.T, k *keyring.Keyring, want ...string) {
	t.Helper()
	got, err := k.List(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("list: %v, error %v; want %v", got, err, want)
	}
}

func absent(t *testing.T, k *keyring.Keyring) {
	value, found, err := k.Get(t.Context(), "nobody")
	if value != nil || found || err != nil {
		t.Errorf("get: %q, found %v, error %v", value, found, err)
	}
	if removed, err := k.Delete(t.Context(), "nobody"); removed || err != nil {
		t.Errorf("delete: removed %v, error %v", removed, err)
	}
	wantAccounts(t, k)
}

func roundTrip(t *testing.T, k *keyring.Keyring) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	for name, value := range map[string][]byte{
		"empty":      {},
		"text":       []byte("a token"),
		"every-byte": everyByte,
		"lines":      []byte("\nwith 'quotes' \"and\" $(sub) `ticks` \\ \n\n "),
		"unicode":    []byte("ключ 鍵 🔑"),
		"2560":       bytes.Repeat([]byte("w"), 2560),
		"4096":       bytes.Repeat([]byte("m"), 4096),
		"64k":        bytes.Repeat([]byte("0123456789abcdef"), 4096),
		"largest":    bytes.Repeat(everyByte, keyring.MaxValue/256),
		"a.b_c-d.0":  []byte("a name of every character"),
	} {
		t.Run(name, func(t *testing.T) {
			mustSet(t, k, name, value)
			if got := mustGet(t, k, name); !bytes.Equal(got, value) {
				t.Errorf("%d bytes came back as %d others", len(value), len(got))
			}
			wantAccounts(t, k, name)
		})
		wantAccounts(t, k)
	}
}

func replace(t *testing.T, k *keyring.Keyring) {
	long := bytes.Repeat([]byte("long"), 5000)
	for _, value := range [][]byte{[]byte("one"), []byte("two"), long, []byte("three"), long, append(long, 'x')} {
		mustSet(t, k, "again", value)
		if got := mustGet(t, k, "again"); !bytes.Equal(got, value) {
			t.Fatalf("%d bytes came back as %d others", len(value), len(got))
		}
	}
	wantAccounts(t, k, "again")
}

func deleteAll(t *testing.T, k *keyring.Keyring) {
	mustSet(t, k, "short", []byte("s"))
	mustSet(t, k, "long", bytes.Repeat([]byte("l"), 20_000))
	for _, account := range []string{"long", "short"} {
		if removed, err := k.Delete(t.Context(), account); !removed || err != nil {
			t.Fatalf("delete %s: removed %v, error %v", account, removed, err)
		}
		if _, found, err := k.Get(t.Context(), account); found || err != nil {
			t.Fatalf("get %s after delete: found %v, error %v", account, found, err)
		}
	}
	wantAccounts(t, k)
}

func names(t *testing.T, k *keyring.Keyring) {
	if err := k.Set(t.Context(), "", []byte("v")); err == nil {
		t.Error("an account without a name was taken")
	}
	accounts := []string{"Upper", "upper", "with space", "new\nline", `back\slash`, "it's", "a:b", "a..b", ".a", "-w", "ключ", "a/b",
		"x--a", "x--_2d", strings.Repeat("x", 121), strings.Repeat("Y", 300), strings.Repeat("y", 300)}
	for _, account := range accounts {
		mustSet(t, k, account, []byte("of "+account))
	}
	for _, account := range accounts {
		if got := mustGet(t, k, account); string(got) != "of "+account {
			t.Errorf("%q holds %q", account, got)
		}
	}
	slices.Sort(accounts)
	wantAccounts(t, k, accounts...)
}

// change returns a change function that checks the value it gets.
func change(t *testing.T, want, next []byte) func([]byte) ([]byte, error) {
	calls := 0
	return func(current []byte) ([]byte, error) {
		if calls++; calls > 1 {
			t.Error("the change was called twice")
		}
		if !bytes.Equal(current, want) || (current == nil) != (want == nil) {
			t.Errorf("the change got %q; want %q", current, want)
		}
		return next, nil
	}
}

func update(t *testing.T, k *keyring.Keyring) {
	long := bytes.Repeat([]byte("long"), 5000)
	steps := [][]byte{nil, nil, {}, []byte("one"), long, []byte("two"), nil, long, nil, nil}
	for i, next := range steps[1:] {
		if err := k.Update(t.Context(), "changing", change(t, steps[i], next)); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if got, found, err := k.Get(t.Context(), "changing"); !bytes.Equal(got, next) || found != (next != nil) || err != nil {
			t.Fatalf("step %d: %d bytes, found %v, %v", i, len(got), found, err)
		}
	}
	wantAccounts(t, k)
}

func failedUpdate(t *testing.T, k *keyring.Keyring) {
	mustSet(t, k, "kept", []byte("old"))
	refused := errors.New("refused")
	err := k.Update(t.Context(), "kept", func([]byte) ([]byte, error) { return nil, refused })
	if err != refused {
		t.Errorf("error %v; want the change's own", err)
	}
	if got := mustGet(t, k, "kept"); string(got) != "old" {
		t.Errorf("the old value became %q", got)
	}
}

func counting(t *testing.T, k *keyring.Keyring) {
	mustSet(t, k, "counter", nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			view := k
			if i%2 == 0 {
				view = k.Unattended()
			}
			err := view.Update(t.Context(), "counter", func(n []byte) ([]byte, error) { return append(n, '+'), nil })
			if err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if got := string(mustGet(t, k, "counter")); got != "++++++++" {
		t.Errorf("after 8 updates: %q", got)
	}
}

func all(t *testing.T, k *keyring.Keyring) {
	long := bytes.Repeat([]byte("l"), 20_000)
	mustSet(t, k, "a", []byte("short"))
	mustSet(t, k, "b", long)
	entries, err := k.All(t.Context())
	if err != nil || len(entries) != 2 || entries[0].Account != "a" || string(entries[0].Value) != "short" ||
		entries[1].Account != "b" || !bytes.Equal(entries[1].Value, long) || errors.Join(entries[0].Err, entries[1].Err) != nil {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

func tooLarge(t *testing.T, k *keyring.Keyring) {
	mustSet(t, k, "kept", []byte("old"))
	if err := k.Set(t.Context(), "kept", make([]byte, keyring.MaxValue+1)); err == nil {
		t.Error("a value over the limit was taken")
	}
	if got := mustGet(t, k, "kept"); string(got) != "old" {
		t.Errorf("the old value became %q", got)
	}
}

func mixture(t *testing.T, k *keyring.Keyring) {
	value := func(i, round int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 6000+round) }
	// No writer writes this value: a keychain that dropped our write would look like one that took another's write of the same
	// value.
	mustSet(t, k, "shared", value(0, 9))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for round := range 5 {
				if err := k.Set(t.Context(), "shared", value(i, round)); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				got, found, err := k.Get(t.Context(), "shared")
				if err != nil || !found || !bytes.Equal(got, value(int(got[0]-'a'), len(got)-6000)) {
					t.Errorf("reader: found %v, %d bytes, error %v", found, len(got), err)
				}
			}
		})
	}
	wg.Wait()
	mustGet(t, k, "shared")
}

func cancelled(t *testing.T, k *keyring.Keyring) {
	mustSet(t, k, "kept", []byte("old"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	_, _, getErr := k.Get(ctx, "kept")
	_, deleteErr := k.Delete(ctx, "kept")
	_, listErr := k.List(ctx)
	for _, err := range []error{getErr, deleteErr, listErr, k.Set(ctx, "kept", []byte("new"))} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v; want context.Canceled", err)
		}
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
	if got := string(mustGet(t, k, "kept")); got != "old" {
		t.Errorf("the old value became %q", got)
	}
}
