package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"index/suffixarray"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// transcript holds every secret of a test run, and all output that must not contain
// one.
type transcript struct {
	mu      sync.Mutex
	secrets map[string][]string // with their disguises
	texts   []utterance
}

// utterance is the output of a command, as it is and without the line breaks that
// could split a secret.
type utterance struct{ command, text string }

var lineBreaks = strings.NewReplacer("\n", "", "\r", "")

var heard transcript

// secret marks texts that must not be printed.
func (s *transcript) secret(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[string][]string{}
	}
	for _, text := range texts {
		if text != "" && s.secrets[text] == nil {
			s.secrets[text] = disguises(text)
		}
	}
}

// output records what a command printed. Only the stdout of `auth token`, and of what
// `auth exec` runs, may contain a secret.
func (s *transcript) output(args []string, stdout, stderr string) {
	command := strings.Join(args, " ")
	if strings.Contains(command, "auth token") || strings.Contains(command, "auth exec") {
		stdout = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text := stdout + stderr
	s.texts = append(s.texts, utterance{command, text + "\n" + lineBreaks.Replace(text)})
}

// steers reports whether a text could set a terminal's title, report another command
// to it, or reorder a line.
func steers(text string) bool {
	isMark := func(r rune) bool { return r == 0 || r == '\u0090' || r == '\u009d' || unicode.Is(unicode.Cf, r) }
	return strings.ContainsFunc(text, isMark) || strings.Contains(text, "\x1b]") || strings.Contains(text, "\x1bP")
}

// leaks looks for every secret in everything that was printed.
func (s *transcript) leaks() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all bytes.Buffer
	for _, u := range s.texts {
		all.WriteString(u.text)
		if steers(u.text) {
			return fmt.Errorf("`%s` printed what steers a terminal", u.command)
		}
	}
	index := suffixarray.New(all.Bytes())
	for _, forms := range s.secrets {
		for _, form := range forms {
			if index.Lookup([]byte(form), 1) == nil {
				continue
			}
			for _, u := range s.texts {
				if strings.Contains(u.text, form) {
					return fmt.Errorf("`%s` printed a secret", u.command)
				}
			}
			return fmt.Errorf("two outputs together hold a secret")
		}
	}
	return nil
}

// holds reports whether a text contains a secret of the run.
func (s *transcript) holds(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, forms := range s.secrets {
		for _, form := range forms {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return false
}

// disguises returns the encodings in which a secret is still readable: as it is,
// URL-encoded, JSON-escaped, as byte values in hexadecimal and decimal, and in
// base64 at each of the three alignments.
func disguises(secret string) []string {
	inJSON, _ := json.Marshal(secret)
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ReplaceAll(secret, "/", `\/`),
		strings.Trim(string(inJSON), `"`), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret),
		strings.Trim(fmt.Sprint([]byte(secret)), "[]")}
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		core := text[4 : len(text)-4] // what comes before and after has no part in it
		forms = append(forms, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
	}
	return forms
}

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	const secret = "sk-a/b+c=<0123456789~abcdef>"
	others := []string{
		"before" + base64.RawURLEncoding.EncodeToString([]byte("1"+secret+"23")),
		secret[:9] + "\r\n" + secret[9:], // as a terminal wraps it
		"\x1b]0;title\a", "\u202e",
	}
	for i, form := range append(disguises(secret), others...) {
		var s transcript
		s.secret(secret)
		s.output([]string{"auth", "status"}, "", "it is "+form+", really")
		if s.leaks() == nil {
			t.Errorf("form %d was not found", i)
		}
	}
	var halves transcript
	halves.secret(secret)
	halves.output([]string{"auth", "status"}, secret[:9], secret[9:])
	if halves.leaks() == nil {
		t.Error("a secret that is split across the two streams was not found")
	}
	var s transcript
	s.secret(secret)
	s.output([]string{"auth", "token"}, secret, "")
	s.output([]string{"auth", "status"}, "[redacted]", "")
	if err := s.leaks(); err != nil {
		t.Error(err)
	}
}
