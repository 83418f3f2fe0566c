package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestUpdatePassesTheEntryToChange(t *testing.T) {
	refused := errors.New("refused")
	tests := []struct {
		name, file, entry, current, next, left string
		err                                    error
	}{
		{"absent", `{"xai":"x"}`, "groq", "", key("g", ""), key("g", ""), nil},
		{"there", `{"credentials":{"groq":"g"}}`, "groq", key("g", ""), key("h", ""), key("h", ""), nil},
		{"an older shape", `{"groq":"g"}`, "groq", key("g", ""), key("h", ""), key("h", ""), nil},
		{"the same", `{"groq":"g"}`, "groq", key("g", ""), key("g", ""), key("g", ""), nil},
		{"removed", `{"groq":"g","xai":"x"}`, "groq", key("g", ""), "", "", nil},
		{"absent, removed", `{"xai":"x"}`, "groq", "", "", "", nil},
		{"only Codex's", `{"OPENAI_API_KEY":"sk"}`, "openai", "", key("o", ""), key("o", ""), nil},
		{"only Codex's, removed", `{"OPENAI_API_KEY":"sk"}`, "openai", "", "", key("sk", ""), nil},
		{"refused", `{"groq":"g"}`, "groq", key("g", ""), "refused", key("g", ""), refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.file)
			calls := 0
			err := f.Update(context.Background(), test.entry, func(current []byte) ([]byte, error) {
				if calls++; string(current) != test.current || (current == nil) != (test.current == "") {
					t.Errorf("current is %q", current)
				}
				switch test.next {
				case "refused":
					return nil, refused
				case "":
					return nil, nil
				}
				return []byte(test.next), nil
			})
			if calls != 1 || !errors.Is(err, test.err) || get(t, f, test.entry) != test.left {
				t.Errorf("%d calls, %v, left %s", calls, err, get(t, f, test.entry))
			}
			if test.err != nil && content(t, f) != test.file {
				t.Error("the file changed")
			}
		})
	}
}

// Another program may write the file at the same time, without the lock.
func TestUpdateReadsBackWhatItWrote(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	if err := f.readBack("groq", []byte(key("h", ""))); !errors.Is(err, ErrChanged) {
		t.Errorf("another entry: %v", err)
	}
	if err := f.readBack("groq", nil); !errors.Is(err, ErrChanged) {
		t.Errorf("still there: %v", err)
	}
	if err := f.readBack("groq", []byte(key("g", ""))); err != nil {
		t.Error(err)
	}
}

func TestCodexFileIsReadAndNeverWritten(t *testing.T) {
	const text = `{"OPENAI_API_KEY":"sk","tokens":{"access_token":"t"},"groq":"g"}`
	f := newFile(t, "")
	f.opt.Codex = filepath.Join(t.TempDir(), "auth.json")
	must(t, os.WriteFile(f.opt.Codex, []byte(text), 0o644))
	if get(t, f, "openai") != key("sk", "") || get(t, f, "groq") != key("g", "") || list(t, f) != "groq openai" {
		t.Errorf("listed %s", list(t, f))
	}
	for name, want := range map[string]bool{"openai": true, "groq": true, "xai": false} {
		if foreign, err := f.Foreign(t.Context(), name); foreign != want || err != nil {
			t.Errorf("%s is foreign: %v, %v", name, foreign, err)
		}
	}
	if removed, err := f.Delete(t.Context(), "groq"); removed || !errors.Is(err, ErrForeign) {
		t.Errorf("removed %v, %v", removed, err)
	}
	set(t, f, "openai", key("own", ""))
	if foreign, _ := f.Foreign(t.Context(), "openai"); foreign || get(t, f, "openai") != key("own", "") {
		t.Error("our entry does not take precedence")
	}
	if removed, err := f.Delete(t.Context(), "openai"); !removed || err != nil || get(t, f, "openai") != key("sk", "") {
		t.Errorf("removed %v, %v", removed, err)
	}
	info, err := os.Stat(f.opt.Codex)
	must(t, err)
	if data, _ := os.ReadFile(f.opt.Codex); string(data) != text || len(f.Notices()) != 0 {
		t.Errorf("Codex's file is %s, mode %v", data, info.Mode())
	}
}

func TestACorruptCodexFileHidesNoEntryOfOurs(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	f.opt.Codex = filepath.Join(t.TempDir(), "auth.json")
	must(t, os.WriteFile(f.opt.Codex, []byte("{"), 0o600))
	if get(t, f, "groq") == "" || list(t, f) != "groq" || len(f.Notices()) != 1 {
		t.Error("our entry can't be read")
	}
	if _, found, err := f.Get(t.Context(), "openai"); found || !errors.Is(err, ErrCorrupt) {
		t.Errorf("a file that can't be read counts as missing: %v", err)
	}
}
