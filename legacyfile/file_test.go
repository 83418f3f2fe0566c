package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWriteLeavesTheRestOfTheFileAsItIs(t *testing.T) {
	const codex = `"OPENAI_API_KEY": "sk", "tokens": {"id_token":"x",   "n": 1.0e400},"last_refresh":"2026-01-01T00:00:00Z"`
	const pat = `{"type":"pat","token":"mog_new"}`
	tests := []struct{ name, before, after string }{
		{"older shapes", `{"zeta":[1, 2.50,12345678901234567890], ` + codex + `, "mogplex":"mog_old", "k\u0065y":null,
		"credentials":{"acme":{"type":"new",  "f":1.10}}, "groq":{"type":"api","key":"g"}}`,
			`{"version":1,"zeta":[1, 2.50,12345678901234567890], ` + codex + `, "k\u0065y":null,
		"credentials":{"acme":{"type":"new",  "f":1.10},"mogplex":` + pat + `}, "groq":{"type":"api","key":"g"}}`},
		{"version 1", "{\n\t\"version\": 1,\n\t\"credentials\": {\n\t\t\"xai\": \"x\",\n\t\t\"mogplex\": {}\n\t}\n}",
			"{\n\t\"version\": 1,\n\t\"credentials\": {\n\t\t\"xai\": \"x\",\n\t\t\"mogplex\": " + pat + "\n\t}\n}"},
		{"no credentials", "{\n\t\"theme\" :1\n}\n",
			"{\n\t\"version\": 1,\n\t\"credentials\": {\n\t\t\"mogplex\": " + pat + "\n\t},\n\t\"theme\" :1\n}\n"},
		{"empty credentials", "{\n  \"credentials\": { },\n  \"a\": 1\n}",
			"{\n  \"version\": 1,\n  \"credentials\": {\n    \"mogplex\": " + pat + "\n  },\n  \"a\": 1\n}"},
		{"null and no version", `{"credentials":null,"version":"x"}`, `{"credentials":{"mogplex":` + pat + `},"version":1}`},
		{"names that repeat elsewhere", `{"a":1,"a":{"b":2,"b":3},"mogplex":{"token":"t"}}`,
			`{"version":1,"credentials":{"mogplex":` + pat + `},"a":1,"a":{"b":2,"b":3}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.before)
			set(t, f, "mogplex", `{"type":"pat", "token":"mog_new"}`)
			if got := content(t, f); got != test.after {
				t.Errorf("got\n%s\nwant\n%s", got, test.after)
			}
		})
	}
}

// Replacing a token does not make a file grow that is nearly at the limit.
func TestAFileNearTheLimitDoesNotGrow(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"groq":"g"`)
	for n := 0; b.Len() < maxSize-300; n++ {
		fmt.Fprintf(&b, `,"%x":[{"a":0}]`, n)
	}
	f := newFile(t, b.String()+"}")
	for n := range 3 {
		set(t, f, "mogplex", fmt.Sprintf(`{"type":"pat","token":"mog_%d"}`, n))
	}
	if list(t, f) != "groq mogplex" || len(content(t, f)) > b.Len()+120 {
		t.Errorf("%d bytes became %d", b.Len(), len(content(t, f)))
	}
}

func TestAnotherProgramsDeepNestingIsKept(t *testing.T) {
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	f := newFile(t, `{"theirs":`+deep+`,"groq":"g"}`)
	set(t, f, "xai", key("x", ""))
	if !strings.Contains(content(t, f), `"theirs":`+deep) || get(t, f, "groq") == "" || get(t, f, "xai") == "" {
		t.Error("the file changed")
	}
}

func TestSetStartsAFile(t *testing.T) {
	for _, start := range []string{"", " \n", "\xef\xbb\xbf", "{}"} {
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

func TestAMissingFileIsNotAnError(t *testing.T) {
	f := newFile(t, "")
	if get(t, f, "mogplex") != "" || list(t, f) != "" {
		t.Error("found an entry")
	}
	removed, err := f.Delete(context.Background(), "mogplex")
	if removed || err != nil {
		t.Errorf("delete: %v, %v", removed, err)
	}
	if _, err := os.Stat(filepath.Dir(f.path)); !errors.Is(err, os.ErrNotExist) {
		t.Error("reading created the directory")
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
		t.Error("the file changed")
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
		{"another stays", `{"groq":"g","xai":"x"}`, "groq", true, nil, `{"xai":"x"}`},
		{"a setting is not ours", `{"groq":{"color":1}}`, "groq", false, nil, `{"groq":{"color":1}}`},
		{"only Codex's", `{` + foreign + `}`, "openai", false, ErrForeign, `{` + foreign + `}`},
		{"ours beside Codex's", `{` + foreign + `,"openai":"o"}`, "openai", true, nil, `{` + foreign + `}`},
		{"in the middle", "{\"credentials\": {\n\"a\":\"1\",\n\"groq\":\"g\",\n\"b\":\"2\"}}", "groq", true, nil, "{\"credentials\": {\n\"a\":\"1\",\n\"b\":\"2\"}}"},
		{"repeated", `{"groq":"g","groq":"h","a":1}`, "groq", true, nil, `{"a":1}`},
		{"corrupt entry", `{"credentials":{"groq":{"key":"g","key":"h"},"xai":"x"}}`, "groq", true, nil, `{"credentials":{"xai":"x"}}`},
		{"Codex's tokens", `{"tokens":{"access_token":"t"}}`, "tokens", false, nil, `{"tokens":{"access_token":"t"}}`},
		{"later version", `{"version":2,"groq":"g"}`, "groq", true, nil, `{"version":2}`},
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
		t.Error("the file changed")
	}
}
