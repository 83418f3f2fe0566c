package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// vault is a destination with faults.
type vault struct {
	entries map[string]string
	getErr  error
	setErr  error
	mangle  func(string) string // what is stored instead
	sets    int
	onSet   func()
}

func newVault(pairs ...string) *vault {
	v := &vault{entries: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		v.entries[pairs[i]] = pairs[i+1]
	}
	return v
}

func (v *vault) Get(_ context.Context, name string) ([]byte, bool, error) {
	entry, found := v.entries[name]
	return []byte(entry), found, v.getErr
}

func (v *vault) Set(_ context.Context, name string, entry []byte) error {
	v.sets++
	if v.setErr != nil {
		return v.setErr
	}
	v.entries[name] = string(entry)
	if v.mangle != nil {
		v.entries[name] = v.mangle(string(entry))
	}
	if v.onSet != nil {
		v.onSet()
	}
	return nil
}

func migrate(t *testing.T, src Source, dst Destination, opt Options) string {
	t.Helper()
	report, err := Migrate(context.Background(), src, dst, opt)
	must(t, err)
	return summary(report)
}

func summary(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "moved %v", r.Moved)
	if r.Replaced != nil {
		fmt.Fprintf(&b, " replaced %v", r.Replaced)
	}
	for _, o := range r.Skipped {
		fmt.Fprintf(&b, "; skipped %s: %s", o.Name, o.Why)
	}
	for _, o := range r.Failed {
		fmt.Fprintf(&b, "; failed %s: %s (%v)", o.Name, o.Why, o.Err)
	}
	return b.String()
}

func TestMigrateMovesEverything(t *testing.T) {
	f := newFile(t, `{"mogplex":"mog_x","credentials":{"groq":{"type":"api_key","key":"g","n":1.10}},"OPENAI_API_KEY":"sk","theme":"dark"}`)
	v := newVault()
	if got := migrate(t, f, v, Options{}); got != "moved [groq mogplex openai]" {
		t.Error(got)
	}
	want := map[string]string{"mogplex": `{"type":"pat","token":"mog_x"}`, "groq": `{"type":"api_key","key":"g","n":1.10}`, "openai": key("sk", "")}
	if !maps.Equal(v.entries, want) {
		t.Errorf("stored %v", v.entries)
	}
	left := content(t, f)
	sameJSON(t, left, `{"credentials":{},"OPENAI_API_KEY":"sk","theme":"dark"}`)

	sets := v.sets
	again := migrate(t, f, v, Options{})
	if again != "moved []; skipped openai: already there; the original belongs to Codex and stays" {
		t.Error(again)
	}
	if v.sets != sets || content(t, f) != left {
		t.Error("the second run wrote")
	}
}

func TestMigrateSettlesConflicts(t *testing.T) {
	tests := []struct {
		name, src, dst string
		want           string // of the report
		stored         string // the destination afterwards
		stays          bool   // the source still has it
	}{
		{"equal", key("a", ""), key("a", ""), "moved [groq]", key("a", ""), false},
		{"equal, laid out anew", key("a", ""), `{ "key":"a", "type":"api_key" }`, "moved [groq]", `{ "key":"a", "type":"api_key" }`, false},
		{"source newer", key("a", late), key("b", early), "moved [groq] replaced [groq]", key("a", late), false},
		{"only the source has a time", key("a", late), key("b", ""), "moved [groq] replaced [groq]", key("a", late), false},
		{"destination newer", key("a", early), key("b", late), "newer; the older one was removed", key("b", late), false},
		{"only the destination has a time", key("a", ""), key("b", late), "newer; the older one was removed", key("b", late), false},
		{"neither has a time", key("a", ""), key("b", ""), "both were kept", key("b", ""), true},
		{"same time", key("a", late), key("b", late), "both were kept", key("b", late), true},
		{"destination unreadable", key("a", ""), "rubbish", "both were kept", "rubbish", true},
		{"destination newer but blank", key("a", early), key("", late), "moved [groq]", key("a", early), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, `{"credentials":{"groq":`+test.src+`}}`)
			v := newVault("groq", test.dst)
			if got := migrate(t, f, v, Options{}); !strings.Contains(got, test.want) {
				t.Error(got)
			}
			if v.entries["groq"] != test.stored || (list(t, f) == "groq") != test.stays {
				t.Errorf("stored %s, left %q", v.entries["groq"], list(t, f))
			}
		})
	}
}

// Codex renews last_refresh for reasons of its own.
func TestMigrateNeverReplacesOurKeyWithCodexs(t *testing.T) {
	f := newFile(t, `{"OPENAI_API_KEY":"codex","last_refresh":"`+late+`","credentials":{"openai":`+key("own", early)+`}}`)
	v := newVault()
	for _, want := range []string{"moved [openai]", "belongs to Codex", "belongs to Codex"} {
		if got := migrate(t, f, v, Options{}); !strings.Contains(got, want) {
			t.Error(got)
		}
		if v.entries["openai"] != key("own", early) {
			t.Fatal("our own key was replaced")
		}
	}
}

func TestMigrateFaultsLoseNothing(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name  string
		vault *vault
		want  string
	}{
		{"unreadable", &vault{getErr: boom}, "the destination could not be read (boom)"},
		{"refuses", &vault{setErr: boom}, "did not take it; the original stays (boom)"},
		{"mangles", &vault{mangle: func(s string) string { return s[:len(s)-2] }}, "did not give back what was written; the original stays (it keeps something else"},
		{"stores blank", &vault{mangle: func(string) string { return "" }}, "did not give back what was written; the original stays (it keeps something else"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, `{"groq":"g","xai":"x"}`)
			before := content(t, f)
			test.vault.entries = map[string]string{}
			got := migrate(t, f, test.vault, Options{})
			if strings.Count(got, test.want) != 2 || content(t, f) != before {
				t.Error(got)
			}
		})
	}
}

func TestMigrateFinishesAnInterruptedRun(t *testing.T) {
	f := newFile(t, `{"groq":"g","xai":"x"}`)
	v := newVault()
	ctx, cancel := context.WithCancel(context.Background())
	v.onSet = cancel // as late as can be: written, not yet removed
	report, err := Migrate(ctx, f, v, Options{})
	if !errors.Is(err, context.Canceled) || len(report.Failed) != 1 || list(t, f) != "groq xai" {
		t.Errorf("%s, %v, left %s", summary(report), err, list(t, f))
	}
	if got := migrate(t, f, v, Options{}); got != "moved [groq xai]" || v.sets != 2 {
		t.Errorf("%s after %d writes", got, v.sets)
	}
}

func TestMigrateCarriesOverAChangeMadeMeanwhile(t *testing.T) {
	f := newFile(t, `{"credentials":{"groq":`+key("old", early)+`}}`)
	v := newVault()
	v.onSet = func() {
		v.onSet = nil
		set(t, f, "groq", key("renewed", late))
	}
	if got := migrate(t, f, v, Options{}); got != "moved [groq]" || v.entries["groq"] != key("renewed", late) {
		t.Errorf("%s, stored %s", got, v.entries["groq"])
	}
	f = newFile(t, `{"credentials":{"groq":`+key("0", early)+`}}`)
	n := 0
	v = newVault()
	v.onSet = func() { n++; set(t, f, "groq", key(fmt.Sprint(n), fmt.Sprintf("2026-11-23T10:00:%02dZ", n))) }
	if got := migrate(t, f, v, Options{}); !strings.Contains(got, "failed groq: it kept changing") || list(t, f) != "groq" {
		t.Error(got)
	}
}

func TestMigrateDryRunChangesNothing(t *testing.T) {
	f := newFile(t, `{"groq":"g","xai":`+key("x", early)+`,"mistral":"m","OPENAI_API_KEY":"sk"}`)
	openToOthers(t, f)
	v := newVault("xai", key("newer", late), "mistral", key("m", ""), "openai", key("other", ""))
	before := snapshot(t, f)
	want := "moved [groq mistral]; skipped openai: already there; the original belongs to Codex and stays; " +
		"skipped xai: the destination's copy is newer; the older one would be removed"
	if got := migrate(t, f, v, Options{DryRun: true}); got != want {
		t.Error(got)
	}
	if after := snapshot(t, f); !maps.Equal(before, after) || v.sets != 0 {
		t.Errorf("before %v\nafter %v", before, after)
	}
	target := newFile(t, "") // the other direction
	if got := migrate(t, f, target, Options{DryRun: true}); got != "moved [groq mistral openai xai]" {
		t.Error(got)
	}
	if found, _ := filepath.Glob(filepath.Dir(target.path)); len(found) != 0 {
		t.Error("the destination was created")
	}
}

func TestMigrateChosenNames(t *testing.T) {
	f := newFile(t, `{"groq":"g","xai":"x"}`)
	v := newVault()
	got := migrate(t, f, v, Options{Names: []string{"xai", "none"}})
	if got != "moved [xai]; skipped none: the source holds nothing under this name" || list(t, f) != "groq" {
		t.Error(got)
	}
	if got := migrate(t, f, v, Options{Names: []string{}}); got != "moved []" {
		t.Error(got)
	}
}

func TestMigrateIntoAFile(t *testing.T) {
	from, to := newFile(t, `{"groq":"g","xai":"x"}`), newFile(t, `{"mistral":"m"}`)
	if got := migrate(t, from, to, Options{}); got != "moved [groq xai]" || list(t, to) != "groq mistral xai" {
		t.Error(got, list(t, to))
	}
}

func TestMigrateIntoItself(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	if _, err := Migrate(context.Background(), f, New(f.path, f.lockPath), Options{}); err == nil || get(t, f, "groq") == "" {
		t.Error("the only copy was removed")
	}
}

func TestMigrateUnlistableSource(t *testing.T) {
	if _, err := Migrate(context.Background(), newFile(t, "{"), newVault(), Options{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

// plain has only the three methods that a Source must have.
type plain struct{ Source }

func TestMigratePlainSource(t *testing.T) {
	f := newFile(t, `{"groq":"g","OPENAI_API_KEY":"sk"}`)
	v := newVault()
	if got := migrate(t, plain{f}, v, Options{}); got != "moved [groq openai]" {
		t.Error(got)
	}
	if got := migrate(t, plain{f}, v, Options{}); got != "moved []; skipped openai: already there; the original belongs to Codex and stays" {
		t.Error(got)
	}
}

func TestMigrateLeavesCodexsOlderKey(t *testing.T) {
	const file = `{"OPENAI_API_KEY":"sk","last_refresh":"` + early + `"}`
	f := newFile(t, file)
	v := newVault("openai", key("own", late))
	got := migrate(t, plain{f}, v, Options{})
	if !strings.Contains(got, "the older one belongs to Codex and stays") || content(t, f) != file || v.sets != 0 {
		t.Error(got)
	}
}
