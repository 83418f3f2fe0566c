package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

// oneEntry is a keychain that has the same entry under every name.
type oneEntry string

func (e oneEntry) Get(context.Context, string) ([]byte, bool, error) { return []byte(e), true, nil }

func (e oneEntry) Update(_ context.Context, _ string, change func([]byte) ([]byte, error)) error {
	_, err := change([]byte(e))
	return err
}

func (oneEntry) All(context.Context) (map[string][]byte, error) { return nil, nil }

// What a store hands out or is handed is told to the log before anyone has it.
func TestTheLogIsToldEveryCredential(t *testing.T) {
	const mark = "correcthorseMARKbattery"
	key := auth.Key{Provider: auth.Mogplex, Origin: auth.DefaultOrigin}
	load := func(s auth.Store) error { _, _, err := s.Load(t.Context(), key); return err }
	swap := func(s auth.Store) error {
		rec, _, err := s.Load(t.Context(), key)
		if err != nil {
			return err
		}
		old := rec.Revision
		rec.Token = auth.NewSecret(mark)
		return s.Swap(t.Context(), key, old, rec)
	}
	for entry, use := range map[string]func(auth.Store) error{
		`{"type":"oauth","access_token":"` + mark + `"}`:                                  load,
		`{"type":"oauth","access_token":"mog_0123456789","refresh_token":"` + mark + `"}`: load,
		`{"type":"pat","token":"mog_0123456789"}`:                                         swap,
	} {
		log, _ := sessionlog.Open(t.TempDir(), sessionlog.Options{})
		s := &session{auth: &auth.Manager{Resolver: auth.Resolver{Layers: []auth.Layer{{Store: auth.KeychainStore(oneEntry(entry))}}}}}
		confide(s, log)
		if err := use(s.auth.Layers[0].Store); err != nil {
			t.Fatal(err)
		}
		log.Logger().Info("it said "+mark, "account", "oauth", "error", fmt.Errorf("no: %q", mark))
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(log.Path())
		if err != nil || strings.Contains(string(text), mark) || !strings.Contains(string(text), `"account":"oauth"`) {
			t.Errorf("%s: %s, %v", entry, text, err)
		}
	}
}
