package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/keyring"
)

// TestAThousandProfilesCostWhatOneCosts counts D-Bus calls: a question about one
// key lists nothing. Signing out of all of them ends soon, says how far it is, and
// leaves no item.
func TestAThousandProfilesCostWhatOneCosts(t *testing.T) {
	w := realWorld(t, accountserver.Config{OfferRevocation: true, RequestsPerMinute: -1})
	w.seed(time.Hour, "keychain")
	costs := func() (all []map[string]int) {
		for _, args := range []string{"auth token", "auth status", "--profile p7 auth token"} {
			all = append(all, w.calls(func() { w.run(strings.Fields(args)...) }))
		}
		return all
	}
	w.fillProfiles(0, 10)
	few := costs()
	profiles := deep.Choose(1000, 60)
	began := time.Now()
	tokens := w.fillProfiles(10, profiles)
	t.Logf("%d profiles are made in %s", profiles, time.Since(began).Round(time.Millisecond))
	for i, many := range costs() {
		if !maps.Equal(many, few[i]) {
			t.Errorf("%d profiles cost %v; ten cost %v", profiles, many, few[i])
		}
	}
	began = time.Now()
	var code int
	var said string
	all := 0
	for _, n := range w.calls(func() { code, _, said = w.run("logout", "--all") }) {
		all += n
	}
	took := time.Since(began)
	t.Logf("logout --all of %d profiles: %s, %d calls", profiles, took.Round(time.Millisecond), all)
	// gnome-keyring writes its whole file for each deletion, which is nearly all of the time.
	if code != exitOK || took > longest || took > 5*time.Second && !strings.Contains(said, " of ") || all > 9*profiles+40 {
		t.Errorf("exit %d after %s and %d calls: %s", code, took, all, said)
	}
	for _, token := range tokens {
		if w.service.Valid(token) {
			t.Error("a session lives on")
			break
		}
	}
	w.wantNoItem()
}

// fillProfiles gives the profiles from one number up to another a session each, as
// signing in does.
func (w *world) fillProfiles(from, to int) (tokens []string) {
	w.Helper()
	for _, pair := range w.session.Env() {
		if name, value, _ := strings.Cut(pair, "="); name == "DBUS_SESSION_BUS_ADDRESS" {
			w.Setenv(name, value)
		}
	}
	ring := keyring.Open("mogplex", keyring.Options{Schema: "com.mogplex.Credential", Timeout: longest})
	defer ring.Close()
	model, found, err := ring.Get(w.Context(), w.account("mogplex"))
	if err != nil || !found {
		w.Fatalf("found %v, %v", found, err)
	}
	dir := auth.Directory{Path: w.state(""), UserHome: account.UserDatabaseHome}
	for i := range to - from {
		profile := fmt.Sprintf("p%d", from+i)
		access, refresh := w.service.issue()
		tokens = append(tokens, access)
		var record map[string]any
		if err := json.Unmarshal(model, &record); err != nil {
			w.Fatal(err)
		}
		record["profile"], record["access_token"], record["refresh_token"] = profile, access, refresh
		text, err := json.Marshal(record)
		if err != nil {
			w.Fatal(err)
		}
		key := auth.Key{DirID: dir.ID(), Profile: profile, Provider: auth.Mogplex, Origin: w.service.url}
		if err := ring.Set(w.Context(), key.Account(), text); err != nil {
			w.Fatal(err)
		}
	}
	return tokens
}

// wantNoItem looks for items of ours in the keychain.
func (w *world) wantNoItem() {
	w.Helper()
	if _, err := exec.LookPath("secret-tool"); err != nil {
		deep.Missing(w, "secret-tool is not installed")
	}
	cmd := exec.Command("secret-tool", "search", "--all", "service", "mogplex")
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		w.Errorf("left in the keychain: %d lines, %v", strings.Count(string(out), "\n"), err)
	}
}
