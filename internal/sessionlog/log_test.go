package sessionlog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

var prefixes = []string{"mog_", "sk-ant-", "sk-proj-", "AIza", "gsk_", "xai-"}

// record opens a log in a directory of its own, logs, and returns the text of the file.
func record(t testing.TB, secrets []string, log func(*slog.Logger, *sessionlog.Log)) string {
	t.Helper()
	l, err := sessionlog.Open(t.TempDir(), sessionlog.Options{Prefixes: prefixes, Level: slog.LevelDebug})
	if err != nil {
		t.Fatal(err)
	}
	l.AddSecret(secrets...)
	log(l.Logger(), l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	return string(text)
}

const known = "q7RMARKx9ZtB2wLk5VdYh8Np"

type inner struct {
	Name  string
	Token []byte
	More  map[string]any
}

type panics struct{}

func (panics) LogValue() slog.Value { panic("in LogValue: " + known) }

type failing struct{}

func (failing) Error() string                { panic(errors.New(known)) }
func (failing) MarshalJSON() ([]byte, error) { return nil, fmt.Errorf("no: %s", known) }

type stringer struct{}

func (stringer) String() string { return "I am " + known }

// TestKnownSecrets logs a secret in every kind of value.
func TestKnownSecrets(t *testing.T) {
	group := slog.Group("a", slog.Group("b", slog.String("c", "x "+known), slog.Any(known, 1)))
	chain := fmt.Errorf("outer: %w", errors.Join(errors.New("left"), fmt.Errorf("right %q", known)))
	values := map[string]any{
		"string": known, "bytes": []byte(known), "error": chain, "struct": inner{"n", []byte(known), nil},
		"pointer": &inner{known, nil, map[string]any{known: []string{known}}}, "raw": json.RawMessage(`{"a":"\u0071` + known[1:] + `"}`),
		"stringer": stringer{}, "panics": panics{}, "failing": failing{}, "array": [24]byte([]byte(known)),
		"plus": fmt.Sprintf("%+v", inner{known, []byte(known), nil}), "sharp": fmt.Sprintf("%#v", inner{known, []byte(known), nil}),
		"hex": fmt.Sprintf("%x", known), "spaced": fmt.Sprintf("% X", known), "cut": known[:12] + "…", "tail": "…" + known[10:],
		"quoted": fmt.Sprintf("%+q", "\n"+known+"\n"), "runes": []rune(known), "group": group.Value,
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			text := record(t, []string{known}, func(log *slog.Logger, _ *sessionlog.Log) {
				log.With("with", value).WithGroup("g").Info("message", "value", value)
			})
			lacks(t, text, known)
			if silent := name == "stringer" || name == "panics"; !silent && !strings.Contains(text, "[redacted]") {
				t.Errorf("nothing was taken out of %s", text)
			}
		})
	}
}

// lacks fails where text has a secret, or eight bytes of it, plain or in hexadecimal.
func lacks(t testing.TB, text, secret string) {
	t.Helper()
	for i := 0; i+8 <= len(secret); i++ {
		for _, form := range []string{"%s", "%x", "%X", "% x"} {
			if strings.Contains(text, fmt.Sprintf(form, secret[i:i+8])) {
				t.Fatalf("%q is in %s", secret[i:i+8], text)
			}
		}
		numbers := strings.Trim(fmt.Sprint([]byte(secret[i:i+8])), "[]")
		if strings.Contains(text, numbers) || strings.Contains(text, strings.ReplaceAll(numbers, " ", ",")) {
			t.Fatalf("%s is in %s", numbers, text)
		}
	}
}

// TestShapes logs secrets that nobody told the log.
func TestShapes(t *testing.T) {
	const mark = "Zx9MARKq8Lw3"
	for i, text := range []string{
		"mog_" + mark, "key is sk-ant-" + mark, "AIza" + mark + ", again", "sk-" + mark + "00",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ" + mark + "In0." + mark, "Authorization: Bearer " + mark, "authorization: basic " + mark,
		"https://user:" + mark + "@example.test/x", "https://" + mark + "@example.test", "socks5://u:p/" + mark + "@h:1",
		"http://127.0.0.1:1/cb?code=" + mark + "&state=" + mark, "https://x.test/?access_token=" + mark, "/cb?client_secret=" + mark + "#x",
		"https://x.test/?key=" + mark, "grant_type=refresh_token&refresh_token=" + mark + "&client_id=mogplex-cli",
		`{"access_token":"` + mark + `","expires_in":3600}`, `{"mogplex":{"type":"oauth","access":"` + mark + `","refresh":"` + mark + `"}}`,
		"{Token:" + mark + " Name:x}", "map[Api-Key:[" + mark + "] Accept:[*/*]]", `Cookie: a=` + mark + `; b=` + mark, "password: one " + mark,
		`%7B%22password%22%3A%22` + mark + `%22%7D`, "OPENAI_API_KEY=" + mark, `Secret = "` + mark + `"`, "https%3A%2F%2Fu:" + mark + "%40h",
		"run [mcp --header x --api-key " + mark + "0]", `exec "mcp" "--token" "` + mark + `0"`,
		"&#109;og_" + mark, `{\"token\":\"` + mark + `\"}`, `{"key":"` + mark + `"}`, "db password='" + mark + "'",
	} {
		t.Run(fmt.Sprintf("shape %d", i), func(t *testing.T) { // not by the text: names are printed
			out := record(t, nil, func(log *slog.Logger, _ *sessionlog.Log) {
				for _, place := range []string{"", "-", "--"} { // what is looked at first depends on the place
					log.Info(place + " " + text)
				}
				log.Info("it said: "+text, "value", text, "error", errors.New(text), "nested", map[string]any{"deep": []string{text}})
			})
			if strings.Contains(out, mark) {
				t.Errorf("the secret of %q is in the log", strings.ReplaceAll(text, mark, "…"))
			}
		})
	}
	for _, key := range []string{"token", "Authorization", "client_secret", "X-Api-Key", "refresh_token", "password", "access"} {
		out := record(t, nil, func(log *slog.Logger, _ *sessionlog.Log) {
			log.Info("args", "args", []string{"--" + key, mark, "-x"})
			log.Info("m", key, mark, "any", map[string]any{key: []any{mark, map[string]string{"x": mark}}}, slog.Group(key, "v", mark))
		})
		if strings.Contains(out, mark) {
			t.Errorf("%s: %s", key, out)
		}
	}
}

// TestHarmless: what is no secret can be read.
func TestHarmless(t *testing.T) {
	for _, text := range []string{
		"keychain locked after 5s", "GET https://mogplex.com/api/v1/mogplex/models 200 in 120ms", "run run_01J8 state: streaming",
		"token refreshed", "no usable answer from the service: HTTP 503", `open "/home/ada/.mogplex/auth.json": permission denied`,
		"input 120 tokens: 40 cached", "exit code: 64", "ada@example.test signed in", "100% done, a=b&c=d", "task-12345678 done",
		"use --token to give one", "0b3c9d2e-51f4-4a7b-9c1d-2f3a4b5c6d7e", "commit 9c5a803e4f7c1b2d3a4e5f60718293a4b5c6d7e8", `C:\Users\Ada\AppData\Roaming`,
		"/home/ada/src/Projects/GitHub/mogplex/internal/sessionlog/decode.go:120", "claude-sonnet-4-5-20250929", "2026-11-24T03:54:06.96173105Z",
	} {
		out := record(t, []string{known, "true", "1", "dev"}, func(log *slog.Logger, _ *sessionlog.Log) { log.Info("m", "text", text, "n", 12) })
		var line struct{ Text string }
		if err := json.Unmarshal([]byte(out), &line); err != nil || line.Text != text {
			t.Errorf("%q became %q (%v)", text, line.Text, err)
		}
	}
}

func TestRecovered(t *testing.T) {
	out := record(t, []string{known}, func(_ *slog.Logger, l *sessionlog.Log) {
		func() {
			defer func() { l.Recovered(recover()) }()
			panic(fmt.Errorf("bad: %s", known))
		}()
		l.Recovered(nil)
	})
	lacks(t, out, known)
	if !strings.Contains(out, "TestRecovered") || strings.Count(out, "\n") != 1 {
		t.Errorf("no stack in %s", out)
	}
}

// TestLongLines: a text that begins very many secrets is searched once, not once
// for each of them, which takes a minute.
func TestLongLines(t *testing.T) {
	start := time.Now()
	for _, text := range []string{"://a:b", "token=", `token=\"`, "key=", "cookie: ", "a\x00", "\n", "+/+/+/+/+/+/+/+/\n"} {
		out := record(t, []string{known}, func(log *slog.Logger, _ *sessionlog.Log) {
			log.Info(known + " " + strings.Repeat(text, 100<<10/len(text)))
		})
		lacks(t, out, known)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}
