package auth_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

const origin = "https://mogplex.test"

// forEachStore runs a test over every kind of place. base is the key's directory
// and profile; raw is the place itself, and name a key's name there.
func forEachStore(t *testing.T, test func(t *testing.T, s auth.Store, base auth.Key, raw auth.Place, name func(auth.Key) string)) {
	base := auth.Key{Dir: t.TempDir(), DirID: strings.Repeat("d1", 16), Profile: "work"}
	t.Run("keychain in memory", func(t *testing.T) {
		m := auth.NewMemory()
		test(t, auth.KeychainStore(m), base, m, auth.Key.Account)
	})
	t.Run("file in memory", func(t *testing.T) {
		m := auth.NewMemory()
		test(t, auth.FileStore(m, base), base, m, auth.Key.Name)
	})
	t.Run("auth.json", func(t *testing.T) {
		f := legacyfile.New(filepath.Join(t.TempDir(), "auth.json"), legacyfile.Options{})
		test(t, auth.FileStore(f, base), base, f, auth.Key.Name)
	})
	for name, limit := range map[string]int{"keyring": 0, "keyring in parts": 700} {
		t.Run(name, func(t *testing.T) {
			k := keyring.New(keyringtest.Fake{Dir: t.TempDir(), MaxBytes: limit}, keyring.Options{})
			t.Cleanup(k.Close)
			test(t, auth.KeychainStore(auth.NewRing(k)), base, k, auth.Key.Account)
		})
	}
}

func keyOf(base auth.Key, provider, at string) auth.Key {
	base.Provider, base.Origin = provider, at
	return base
}

// fullRecord has every field.
func fullRecord(token string) auth.Record {
	saved := time.Date(2026, 11, 23, 11, 0, 0, 1, time.UTC)
	return auth.Record{
		Credential: auth.Credential{
			Provider: auth.Mogplex, Type: auth.OAuth, Issuer: origin,
			Token: auth.NewSecret(token), Refresh: auth.NewSecret("refresh-" + token),
			ExpiresAt: saved.Add(time.Hour), SavedAt: saved, SignInExpiresAt: saved.Add(90 * 24 * time.Hour),
			Scopes: []string{"read", "write"}, Account: auth.Account{ID: "1", Email: "ada@example.test", Name: "Ada Ł 💡"},
		},
		Revision: auth.FirstRevision(),
		Mark:     auth.NewClaim("boot-1-2", saved.Add(time.Minute)),
	}.WithUnknown(`{"later":{"n":1.50,"html":"<&>"}}`)
}

func wantRecord(t *testing.T, s auth.Store, key auth.Key, want auth.Record) {
	t.Helper()
	got, found, err := s.Load(t.Context(), key)
	if err != nil || !found {
		t.Fatalf("load: found %v, error %v", found, err)
	}
	if got.Revision != want.Revision || !reflect.DeepEqual(got.Credential, want.Credential) || !reflect.DeepEqual(got.Mark, want.Mark) {
		t.Errorf("loaded %+v; want %+v", got, want)
	}
}

func wantNone(t *testing.T, s auth.Store, key auth.Key) {
	t.Helper()
	if rec, found, err := s.Load(t.Context(), key); found || err != nil || rec.Revision != (auth.Revision{}) {
		t.Errorf("load: found %v, error %v, %+v", found, err, rec)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v; want %v", err, want)
	}
}

func TestStoreSwapNeedsTheExactRevision(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, _ auth.Place, _ func(auth.Key) string) {
		ctx, key := t.Context(), keyOf(base, auth.Mogplex, origin)
		wantNone(t, s, key)
		first := fullRecord("a")
		wantError(t, s.Swap(ctx, key, auth.FirstRevision(), first), auth.ErrConflict)
		wantNone(t, s, key)
		must(t, s.Swap(ctx, key, auth.Revision{}, first))
		wantRecord(t, s, key, first)

		second := fullRecord("b")
		second.Revision = first.Revision.Next()
		for _, old := range []auth.Revision{{}, second.Revision, {SignIn: first.Revision.SignIn, Count: first.Revision.Count}} {
			wantError(t, s.Swap(ctx, key, old, second), auth.ErrConflict)
		}
		wantRecord(t, s, key, first)
		must(t, s.Swap(ctx, key, first.Revision, second))
		wantError(t, s.Swap(ctx, key, first.Revision, first), auth.ErrConflict)
		wantRecord(t, s, key, second)
		if got, _, _ := s.Load(ctx, key); !strings.Contains(got.Unknown(), `"later":{"n":1.50`) {
			t.Errorf("the fields of a later version became %s", got.Unknown())
		}
	})
}

func TestStoreDeletesTheRevisionOrAny(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, _ auth.Place, _ func(auth.Key) string) {
		ctx, key, other := t.Context(), keyOf(base, auth.Mogplex, origin), keyOf(base, "openai", "")
		if _, found, err := s.Delete(ctx, key, nil); found || err != nil {
			t.Errorf("deleting nothing: found %v, error %v", found, err)
		}
		stays := auth.Record{Credential: auth.Credential{Provider: "openai", Type: auth.APIKey, Token: auth.NewSecret("k")}, Revision: auth.FirstRevision()}
		must(t, s.Swap(ctx, other, auth.Revision{}, stays))
		for _, any := range []bool{false, true} {
			rec := fullRecord("a")
			must(t, s.Swap(ctx, key, auth.Revision{}, rec))
			next := rec.Revision.Next()
			_, found, err := s.Delete(ctx, key, &next)
			if wantError(t, err, auth.ErrConflict); found {
				t.Error("a conflict removed something")
			}
			wantRecord(t, s, key, rec)
			old := &rec.Revision
			if any {
				old = nil
			}
			gone, found, err := s.Delete(ctx, key, old)
			if err != nil || !found || gone.Token.Reveal() != "a" || gone.Mark == nil {
				t.Errorf("delete: found %v, error %v, %+v", found, err, gone)
			}
			wantNone(t, s, key)
		}
		wantRecord(t, s, other, stays)
	})
}

func TestStoreNeverRewritesARecordOfALaterVersion(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, raw auth.Place, name func(auth.Key) string) {
		ctx, key := t.Context(), keyOf(base, auth.Mogplex, origin)
		entry := []byte(`{"version":2,"type":"oauth","access_token":"a","issuer":"` + origin + `","revision":"s.1.n","shape":"new"}`)
		must(t, raw.Update(ctx, name(key), func([]byte) ([]byte, error) { return entry, nil }))
		rec, found, err := s.Load(ctx, key)
		if err != nil || !found || rec.Token.Reveal() != "a" {
			t.Fatalf("it can't be read: found %v, error %v", found, err)
		}
		wantError(t, s.Swap(ctx, key, rec.Revision, fullRecord("b")), auth.ErrLater)
		_, _, err = s.Delete(ctx, key, &rec.Revision)
		wantError(t, err, auth.ErrLater)
		if got, _, err := raw.Get(ctx, name(key)); err != nil || string(got) != string(entry) {
			t.Errorf("it became %s, %v", got, err)
		}
		if _, found, err := s.Delete(ctx, key, nil); !found || err != nil {
			t.Errorf("a sign-out: found %v, error %v", found, err)
		}
		wantNone(t, s, key)
	})
}

// The revision of an entry without one is a hash of its bytes, whatever its shape.
func TestStoreSwapsAnEntryWithoutARevision(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, raw auth.Place, name func(auth.Key) string) {
		ctx, key := t.Context(), keyOf(base, "openai", "")
		for _, token := range []string{"a", "b"} {
			entry := []byte(`{"type":"api_key","key":"` + token + `"}`)
			must(t, raw.Update(ctx, name(key), func([]byte) ([]byte, error) { return entry, nil }))
		}
		rec, _, err := s.Load(ctx, key)
		must(t, err)
		if rec.Revision == (auth.Revision{}) || rec.Revision.SignIn != "" {
			t.Errorf("revision %+v", rec.Revision)
		}
		must(t, s.Swap(ctx, key, rec.Revision, auth.Record{Credential: rec.Credential, Revision: rec.Revision.Next()}))
		wantError(t, s.Swap(ctx, key, rec.Revision, rec), auth.ErrConflict)
		if rec, _, _ := s.Load(ctx, key); rec.Revision.SignIn == "" || rec.Token.Reveal() != "b" {
			t.Errorf("stored %+v", rec)
		}
	})
}

func TestStoreReportsDamagedEntries(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, raw auth.Place, name func(auth.Key) string) {
		if _, file := raw.(*legacyfile.File); file {
			return // it refuses to store these; TestStoreReadsEveryShapeOfAuthJSON has its own
		}
		ctx, key := t.Context(), keyOf(base, auth.Mogplex, origin)
		for _, entry := range []string{"{", "null", `"MARK"`, `{"type":"oauth"}`, `{"type":"pat","token":"MA RK"}`, `{"type":"pat","token":7}`,
			`{"type":"oauth","access_token":"MARK","issuer":"https://other.test"}`, `{"type":"oauth","access_token":"MARK"}`} {
			must(t, raw.Update(ctx, name(key), func([]byte) ([]byte, error) { return []byte(entry), nil }))
			rec, found, err := s.Load(ctx, key)
			if !found || !errors.Is(err, auth.ErrDamaged) || strings.Contains(err.Error(), "MARK") || !rec.Token.IsZero() {
				t.Errorf("%s: found %v, error %v, %+v", entry, found, err, rec)
			}
			must(t, s.Swap(ctx, key, rec.Revision, fullRecord("a")))
			_, found, err = s.Delete(ctx, key, nil)
			if err != nil || !found {
				t.Errorf("delete: found %v, error %v", found, err)
			}
		}
	})
}

func TestStoreListsOnlyCredentials(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, raw auth.Place, name func(auth.Key) string) {
		ctx := t.Context()
		keys := []auth.Key{
			keyOf(base, auth.Mogplex, origin), keyOf(base, auth.Mogplex, auth.DefaultOrigin),
			keyOf(base, auth.Mogplex, "https://other.test:8443"), keyOf(base, "openai", ""),
		}
		for _, key := range keys {
			rec := fullRecord("a")
			rec.Issuer = key.Origin
			must(t, s.Swap(ctx, key, auth.Revision{}, rec))
		}
		for _, other := range []string{"nobody", "seal", "mogplexx"} {
			must(t, raw.Update(ctx, other, func([]byte) ([]byte, error) { return []byte(`{"type":"api_key","key":"k"}`), nil }))
		}
		list, err := s.List(ctx)
		must(t, err)
		var got, want []string
		for _, l := range list {
			if l.Err != nil || l.Record.Token.Reveal() != "a" || l.Key.Dir != base.Dir || l.Key.Profile != "work" || l.Key.DirID != base.DirID {
				t.Errorf("listed %+v", l)
			}
			got = append(got, l.Key.Name())
			rec, found, err := s.Load(ctx, l.Key)
			if err != nil || !found || rec.Revision != l.Record.Revision {
				t.Errorf("%s can't be loaded by the listed key: %v", l.Key.Name(), err)
			}
		}
		for _, key := range keys {
			want = append(want, key.Name())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("listed %q; want %q", got, want)
		}
	})
}

func TestStoreEndsWithItsContext(t *testing.T) {
	forEachStore(t, func(t *testing.T, s auth.Store, base auth.Key, _ auth.Place, _ func(auth.Key) string) {
		key := keyOf(base, auth.Mogplex, origin)
		must(t, s.Swap(t.Context(), key, auth.Revision{}, fullRecord("a")))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, found, err := s.Load(ctx, key)
		if err == nil || found {
			t.Errorf("load: found %v, error %v", found, err)
		}
		if _, found, err := s.Delete(ctx, key, nil); err == nil || found {
			t.Errorf("delete: found %v, error %v", found, err)
		}
		if err := s.Swap(ctx, key, auth.Revision{}, fullRecord("b")); err == nil || errors.Is(err, auth.ErrConflict) {
			t.Errorf("swap: error %v", err)
		}
	})
}

// Get and Update give the same revision, so that the first swap over an entry of
// any older shape succeeds.
func TestStoreReadsEveryShapeOfAuthJSON(t *testing.T) {
	for shape, text := range map[string]string{
		"a bare string":           `{"openai":"k"}`,
		"top level":               `{"openai":{"type":"api","key":"k"}}`,
		"spaces":                  `{ "credentials" : { "openai" : { "type" : "api_key" , "key" : "k" } } }`,
		"camelCase and a time":    `{"openai":{"accessToken":"k","expiresAt":1900000000000}}`,
		"a field of another time": `{"version":1,"credentials":{"openai":{"type":"api_key","key":"k","z":{"b":1,"a":[1.0]}}}}`,
	} {
		t.Run(shape, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "auth.json")
			must(t, os.WriteFile(path, []byte(text), 0o600))
			key := auth.Key{Dir: filepath.Dir(path), Provider: "openai"}
			s := auth.FileStore(legacyfile.New(path, legacyfile.Options{}), key)
			rec, found, err := s.Load(t.Context(), key)
			if err != nil || !found || rec.Token.Reveal() != "k" {
				t.Fatalf("load: found %v, error %v, %+v", found, err, rec)
			}
			next := rec
			next.Revision = rec.Revision.Next()
			must(t, s.Swap(t.Context(), key, rec.Revision, next))
			wantRecord(t, s, key, next)
		})
	}
}

// Codex's key is read and never written: ours is stored beside it.
func TestStoreLeavesCodexsKeyAlone(t *testing.T) {
	dir := t.TempDir()
	codex := filepath.Join(dir, "auth.json")
	must(t, os.WriteFile(codex, []byte(`{"OPENAI_API_KEY":"theirs"}`), 0o600))
	key := auth.Key{Dir: dir, Provider: "openai"}
	s := auth.FileStore(legacyfile.New(filepath.Join(dir, "auth.mogplex.json"), legacyfile.Options{Codex: codex}), key)
	rec, found, err := s.Load(t.Context(), key)
	if err != nil || !found || !rec.ReadOnly || rec.Token.Reveal() != "theirs" {
		t.Fatalf("load: found %v, error %v, %+v", found, err, rec)
	}
	if _, found, err := s.Delete(t.Context(), key, nil); found || err != nil {
		t.Errorf("delete: found %v, error %v", found, err)
	}
	ours := rec
	ours.Token, ours.Revision = auth.NewSecret("ours"), auth.FirstRevision()
	must(t, s.Swap(t.Context(), key, auth.Revision{}, ours))
	if rec, _, _ := s.Load(t.Context(), key); rec.ReadOnly || rec.Token.Reveal() != "ours" {
		t.Errorf("loaded %+v", rec)
	}
	if left, _ := os.ReadFile(codex); string(left) != `{"OPENAI_API_KEY":"theirs"}` {
		t.Errorf("Codex's file became %s", left)
	}
}

// A truncated file may hold a token: a removal can't report success.
func TestStoreDeleteFailsOnACorruptFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "auth.json")
	const cutOff = `{"credentials":{"mogplex":{"type":"pat","token":"mog_1"`
	must(t, os.WriteFile(path, []byte(cutOff), 0o600))
	s := auth.FileStore(legacyfile.New(path, legacyfile.Options{}), auth.Key{})
	_, found, err := s.Delete(t.Context(), keyOf(auth.Key{}, auth.Mogplex, auth.DefaultOrigin), nil)
	if wantError(t, err, legacyfile.ErrCorrupt); found {
		t.Error("something was removed")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != cutOff {
		t.Errorf("the file became %q, %v", text, err)
	}
}

// A killed writer leaves parts of a value without the item that names them. A
// removal deletes them too, because they contain parts of a token.
func TestStoreDeleteRemovesThePartsOfAnInterruptedWrite(t *testing.T) {
	dir := t.TempDir()
	k := keyring.New(keyringtest.Fake{Dir: dir, MaxBytes: 700}, keyring.Options{})
	t.Cleanup(k.Close)
	base := auth.Key{Dir: t.TempDir(), DirID: strings.Repeat("d1", 16)}
	s, key := auth.KeychainStore(auth.NewRing(k)), keyOf(base, auth.Mogplex, origin)
	must(t, s.Swap(t.Context(), key, auth.Revision{}, fullRecord(strings.Repeat("a", 3000))))
	must(t, os.Remove(filepath.Join(dir, key.Account()+".item")))
	if items, err := filepath.Glob(filepath.Join(dir, "*.item")); err != nil || len(items) == 0 {
		t.Fatalf("there are no parts: %q, %v", items, err)
	}
	_, found, err := s.Delete(t.Context(), key, nil)
	items, globErr := filepath.Glob(filepath.Join(dir, "*.item"))
	if err := errors.Join(err, globErr); err != nil || found || len(items) > 0 {
		t.Errorf("found %v, error %v; %q are left", found, err, items)
	}
}
