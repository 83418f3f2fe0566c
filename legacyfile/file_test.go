package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSetKeepsWhatIsNotOurs(t *testing.T) {
	const codex = `"OPENAI_API_KEY": "sk", "tokens": {"id_token":"x",   "n": 1.0e400},"last_refresh":"2026-01-01T00:00:00Z"`
	f := newFile(t, `{"zeta":[1, 2.50,12345678901234567890], `+codex+`, "mogplex":"mog_old", "k\u0065y":null,
		"credentials":{"acme":{"type":"new",  "f":1.10}}, "groq":{"type":"api","key":"g"}}`)
	set(t, f, "mogplex", `{"type":"pat", "token":"mog_new"}`)
	want := `{
  "version": 1,
  "zeta": [1, 2.50,12345678901234567890],
  "OPENAI_API_KEY": "sk",
  "tokens": {"id_token":"x",   "n": 1.0e400},
  "last_refresh": "2026-01-01T00:00:00Z",
  "k\u0065y": null,
  "credentials": {
    "acme": {"type":"new",  "f":1.10},
    "mogplex": {"type":"pat","token":"mog_new"}
  },
  "groq": {"type":"api","key":"g"}
}
`
	if got := content(t, f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := list(t, f); got != "acme groq mogplex openai" {
		t.Errorf("listed: %s", got)
	}
}

func TestSetStartsAFile(t *testing.T) {
	for _, start := range []string{"", " \n", "\xef\xbb\xbf", "{}", `{"credentials":null}`, `{"version":"x"}`} {
		f := newFile(t, start)
		set(t, f, "a<b>", key("k", early))
		set(t, f, "groq", `{"type":"api","key":"g"}`)
		want := "{\n  \"version\": 1,\n  \"credentials\": {\n    \"a\\u003cb\\u003e\": " + key("k", early) +
			",\n    \"groq\": " + key("g", "") + "\n  }\n}\n"
		if got := content(t, f); got != want {
			t.Errorf("from %q: got\n%s\nwant\n%s", start, got, want)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestNothingThereIsNoError(t *testing.T) {
	f := newFile(t, "")
	if get(t, f, "mogplex") != "" || list(t, f) != "" {
		t.Error("found something")
	}
	removed, err := f.Delete(context.Background(), "mogplex")
	if removed || err != nil {
		t.Errorf("delete: %v, %v", removed, err)
	}
	if _, err := os.Stat(filepath.Dir(f.path)); !errors.Is(err, os.ErrNotExist) {
		t.Error("looking created the directory")
	}
}

func TestSetRefuses(t *testing.T) {
	const secret = "SECRETMARK"
	tests := []struct {
		name, entry string
		class       error
	}{
		{"", key(secret, ""), ErrInvalid},
		{"a\xff", key(secret, ""), ErrInvalid},
		{"a", `"` + secret + `"`, ErrInvalid},
		{"a", `{"key":"` + secret + `"`, ErrInvalid},
		{"a", `{"key":"` + secret + `","key":"x"}`, ErrInvalid},
		{"a", `{"type":"api_key","key":" "}`, ErrInvalid},
		{"a", "", ErrInvalid},
		{"a", key(strings.Repeat(secret, maxSize/len(secret)), ""), ErrTooLarge},
	}
	f := newFile(t, `{"groq":"g"}`)
	for _, test := range tests {
		err := f.Set(context.Background(), test.name, []byte(test.entry))
		if !errors.Is(err, test.class) || strings.Contains(err.Error(), secret) {
			t.Errorf("Set(%q, %.40s): %.200v", test.name, test.entry, err)
		}
	}
	if content(t, f) != `{"groq":"g"}` {
		t.Error("the file was touched")
	}
}

func TestDelete(t *testing.T) {
	const foreign = `"OPENAI_API_KEY": "sk"`
	tests := []struct {
		name, file, provider string
		removed              bool
		err                  error
		want                 string // "" if the file is gone
	}{
		{"absent", `{"groq":"g"}`, "mogplex", false, nil, `{"groq":"g"}`},
		{"empty file", "\n", "mogplex", false, nil, "\n"},
		{"last at the top", `{"groq":"g"}`, "groq", true, nil, ""},
		{"last in credentials", `{"version":1,"credentials":{"groq":"g"}}`, "groq", true, nil, ""},
		{"both places", `{"credentials":{"groq":"g"},"groq":"h"}`, "groq", true, nil, ""},
		{"blank in credentials", `{"credentials":{"groq":{}}}`, "groq", true, nil, ""},
		{"another stays", `{"groq":"g","xai":"x"}`, "groq", true, nil, "{\n  \"xai\": \"x\"\n}\n"},
		{"a setting is not ours", `{"groq":{"color":1}}`, "groq", false, nil, `{"groq":{"color":1}}`},
		{"only Codex's", `{` + foreign + `}`, "openai", false, ErrForeign, `{` + foreign + `}`},
		{"ours beside Codex's", `{` + foreign + `,"openai":"o"}`, "openai", true, nil, "{\n  " + foreign + "\n}\n"},
		{"Codex's tokens", `{"tokens":{"access_token":"t"}}`, "tokens", false, nil, `{"tokens":{"access_token":"t"}}`},
		{"later version", `{"version":2,"groq":"g"}`, "groq", false, ErrVersion, `{"version":2,"groq":"g"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.file)
			removed, err := f.Delete(context.Background(), test.provider)
			if removed != test.removed || !errors.Is(err, test.err) {
				t.Errorf("removed %v, error %v", removed, err)
			}
			data, err := os.ReadFile(f.path)
			if string(data) != test.want || errors.Is(err, os.ErrNotExist) != (test.want == "") {
				t.Errorf("left %q, %v", data, err)
			}
		})
	}
}

func TestDeleteIfSparesAChangedEntry(t *testing.T) {
	f := newFile(t, `{"groq":"new"}`)
	removed, err := f.DeleteIf(context.Background(), "groq", []byte(key("old", "")))
	if removed || !errors.Is(err, ErrChanged) || get(t, f, "groq") != key("new", "") {
		t.Errorf("removed %v, %v", removed, err)
	}
	removed, err = f.DeleteIf(context.Background(), "groq", []byte(key("new", "")))
	if !removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
}

func TestLaterVersionIsReadAndNotRewritten(t *testing.T) {
	for _, version := range []string{"2", "2.0", "1.1", "1e999"} {
		later := `{"version":` + version + `,"credentials":{"groq":"g"}}`
		f := newFile(t, later)
		if get(t, f, "groq") != key("g", "") {
			t.Errorf("%s: not read", version)
		}
		err := f.Set(context.Background(), "groq", []byte(key("h", "")))
		if !errors.Is(err, ErrVersion) || content(t, f) != later {
			t.Errorf("%s: Set: %v", version, err)
		}
	}
}

func TestForeign(t *testing.T) {
	f := newFile(t, `{"OPENAI_API_KEY":"sk","groq":"g"}`)
	for name, want := range map[string]bool{"openai": true, "groq": false, "none": false} {
		if got, err := f.Foreign(context.Background(), name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestEndedContext(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, getErr := f.Get(ctx, "groq")
	_, listErr := f.List(ctx)
	_, deleteErr := f.Delete(ctx, "groq")
	for _, err := range []error{getErr, listErr, deleteErr, f.Set(ctx, "groq", []byte(key("h", "")))} {
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
	}
	if content(t, f) != `{"groq":"g"}` {
		t.Error("the file was touched")
	}
}
