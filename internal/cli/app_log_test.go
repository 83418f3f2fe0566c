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

// oneEntry is a store that has the same entry under every name.
type oneEntry struct {
	auth.Store
	entry string
}

func (s oneEntry) Get(context.Context, string) ([]byte, bool, error) {
	return []byte(s.entry), true, nil
}

// What a store hands out is told to the log, also where this version can't read it.
func TestTheLogIsToldWholeEntries(t *testing.T) {
	const mark = "correcthorseMARKbattery"
	for _, entry := range []string{
		`{"type":"oauth","access_token":"` + mark + `"}`,
		`{"type":"of a later version","access_token":"` + mark + `"}`,
		`{"type":"pat","token":"mog_0123456789","later":{"deep":["` + mark + `"]}}`,
		mark,
	} {
		log, _ := sessionlog.Open(t.TempDir(), sessionlog.Options{})
		m := &auth.Manager{Resolver: auth.Resolver{Layers: []auth.Layer{{Store: oneEntry{entry: entry}}}}}
		confide(m, log)
		if _, _, err := m.Layers[0].Store.Get(t.Context(), "openai"); err != nil {
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
