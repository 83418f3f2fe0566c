package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// marks are secrets that no output may contain in any form. They have characters
// that JSON and URLs escape.
var marks = []string{"tok<MARK>/1+", "ref&MARK=/2+", "unknown?MARK/3+", "seal~MARK/4+"}

// wantNoMark searches output for the marks: raw, base64, hex, URL-encoded,
// JSON-escaped and as a list of byte values.
func wantNoMark(t *testing.T, what, output string) {
	t.Helper()
	for _, mark := range marks {
		inJSON, _ := json.Marshal(mark)
		bytesOf := strings.Trim(fmt.Sprint([]byte(mark)), "[]")
		// Base64 of a text depends on where in it the mark begins: its middle is
		// searched for at each of the three.
		forms := []string{mark, strings.Trim(string(inJSON), `"`), url.QueryEscape(mark), url.PathEscape(mark), hex.EncodeToString([]byte(mark)), bytesOf, strings.ReplaceAll(bytesOf, " ", ", ")}
		for shift := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + mark))
			forms = append(forms, encoded[4:len(encoded)-4])
		}
		for _, form := range forms {
			if strings.Contains(strings.ToLower(output), strings.ToLower(form)) {
				t.Errorf("%s shows %q: %s", what, form, output)
			}
		}
	}
}

func markedRecord() Record {
	unknown, _ := json.Marshal(marks[2])
	return Record{
		Credential: Credential{
			Provider: Mogplex, Type: OAuth, Token: NewSecret(marks[0]), Refresh: NewSecret(marks[1]),
			ExpiresAt: noon, SavedAt: noon, Scopes: []string{"read"}, Issuer: testOrigin,
			Account: Account{ID: "1", Email: "ada@example.test", Name: "Ada"},
		},
		Revision: firstRevision(),
		Mark:     &Mark{State: claimed, Key: sealKey{NewSecret(marks[3])}},
		unknown:  NewSecret(`{"id_token":` + string(unknown) + `}`),
	}
}

// holder stands for another package's struct with a secret in an unexported field,
// where fmt can't call methods.
type holder struct {
	secret     Secret
	credential Credential
	list       []Secret
	named      map[string]Secret
	any        any
	pointer    *Secret
}

// marked returns a value of every exported type, holding marked secrets.
func marked() []any {
	rec := markedRecord()
	c := rec.Credential
	f := Finding{Layer: InKeychain, Provider: Mogplex, State: Present, record: rec}
	m := &Manager{Resolver: Resolver{Layers: []Layer{{Name: InFile, Store: FileStore(newMemory(&injector{}), Key{})}}, Dir: &Directory{}, Origin: testOrigin}}
	res := Result{
		Found: true, Credential: c, Source: InKeychain, Findings: []Finding{f}, NotRenewed: ErrRejected,
		held: held{record: rec}, blocked: &LayerError{Err: ErrDamaged},
	}
	return []any{
		c.Token, &c.Token, c, &c, c.Account, c.Type, rec, &rec, rec.Mark.Key, f, &f, res, &res, []any{c.Token}, map[string]Secret{"a": c.Token},
		Saved{Credential: c, Layer: InFile, Replaced: []Credential{c}}, Removal{Layer: InFile, Held: []Credential{c}}, Moved{Replaced: []Credential{c}},
		Listed{Record: rec}, Query{Provider: Mogplex}, providers[0], State(Present), rec.Revision,
		&LayerError{Layer: InFile, State: Corrupt, Err: ErrDamaged}, m, &m.Resolver, m.Layers[0],
		holder{c.Token, c, []Secret{c.Token}, map[string]Secret{"a": c.Refresh}, c, &c.Token},
		&holder{secret: c.Token, credential: c, any: &c},
	}
}

func TestNoVerbShowsASecret(t *testing.T) {
	for _, v := range marked() {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			for _, flags := range []string{"", "+", "#", " ", "-", "0", "100", "-100.3", ".0", "+#"} {
				format := "%" + flags + string(verb)
				wantNoMark(t, fmt.Sprintf("%s of %T", format, v), fmt.Sprintf(format, v))
			}
		}
		wantNoMark(t, "Sprint", fmt.Sprint(v))
		wantNoMark(t, "an error", fmt.Errorf("failed: %v", v).Error())
	}
	for _, format := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, NewSecret("text")); got != redacted {
			t.Errorf("%s is %q", format, got)
		}
	}
}

func TestNoEncoderAndNoLogShowsASecret(t *testing.T) {
	for _, v := range marked() {
		inJSON, err := json.Marshal(v)
		if err == nil {
			wantNoMark(t, fmt.Sprintf("JSON of %T", v), string(inJSON))
		} else {
			wantNoMark(t, fmt.Sprintf("the JSON error of %T", v), err.Error())
		}
		inXML, err := xml.Marshal(v)
		wantNoMark(t, fmt.Sprintf("XML of %T", v), fmt.Sprint(string(inXML), err))
		var log bytes.Buffer
		opt := &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, opt), slog.NewJSONHandler(&log, opt)} {
			slog.New(h).With("with", v).Info("message", "key", v, slog.Group("group", "inner", v))
		}
		wantNoMark(t, fmt.Sprintf("the log of %T", v), log.String())
	}
	if got, _ := json.Marshal(NewSecret("text")); string(got) != `"[redacted]"` {
		t.Errorf("JSON is %s", got)
	}
}

func TestSecret(t *testing.T) {
	if s := NewSecret(""); !s.IsZero() || s.Reveal() != "" || s != (Secret{}) {
		t.Error("an empty text is a secret")
	}
	if s := NewSecret("a"); s.IsZero() || s.Reveal() != "a" || !s.Equal(NewSecret("a")) || s.Equal(NewSecret("b")) || s.Equal(Secret{}) {
		t.Error("the text changed")
	}
}

// Another process panics with a value that holds secrets; the test reads what the
// runtime prints.
func TestAPanicShowsNoSecret(t *testing.T) {
	for i := range marked() {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "AUTH_TEST_ROLE=panic", fmt.Sprint("AUTH_TEST_VALUE=", i), "GOTRACEBACK=all")
		cmd.WaitDelay = time.Minute
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !bytes.Contains(out, []byte("panic: ")) {
			t.Fatalf("%v: %s", err, out)
		}
		wantNoMark(t, fmt.Sprintf("a panic with a %T", marked()[i]), string(out))
	}
}
