package login

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const testState = "st4te-st4te-st4te-st4te-st4te-st4te-st4te-x"

func testExpectation() expectation {
	return expectation{state: testState, issuer: "https://a.test", secrets: []string{testState}}
}

func TestIssuer(t *testing.T) {
	for _, c := range []struct {
		query    string
		required bool
		bad      bool
	}{
		{"", false, false},
		{"", true, true},
		{"&iss=https://a.test", true, false},
		{"&iss=https://a.test/", false, false},
		{"&iss=https://b.test", false, true},
		{"&iss=", false, true},
	} {
		x := testExpectation()
		x.requireIssuer = c.required
		a, v := x.parse("code=c&state=" + testState + c.query)
		if v != answered || c.bad != errors.Is(a.refusalError(), ErrBadAnswer) || c.bad == (a.code != "") {
			t.Errorf("%q, required %v: %v %v", c.query, c.required, v, a)
		}
	}
}

func (a answer) refusalError() error {
	if a.refusal == nil {
		return nil
	}
	return a.refusal
}

func TestPaste(t *testing.T) {
	good := "http://127.0.0.1:24816/auth/callback?code=abc&state=" + testState
	for name, text := range map[string]string{
		"address":         good,
		"other port":      strings.Replace(good, "24816", "24818", 1),
		"localhost":       strings.Replace(good, "127.0.0.1", "localhost", 1),
		"no scheme":       strings.TrimPrefix(good, "http://"),
		"quoted":          " '" + good + "' \r\n",
		"angle brackets":  "<" + good + ">",
		"wrapped":         good[:30] + "\n" + good[30:60] + "\r\n  " + good[60:],
		"query":           "code=abc&state=" + testState,
		"question mark":   "?code=abc&state=" + testState,
		"state first":     "state=" + testState + "&code=abc",
		"HTML":            strings.Replace(good, "&", "&amp;", 1),
		"bracketed paste": "\x1b[200~" + good + "\x1b[201~",
		"fragment":        good + "#_=_",
		"zsh":             strings.NewReplacer("?", `\?`, "&", `\&`, "=", `\=`).Replace(good),
	} {
		p := pasteReader{expect: testExpectation()}
		if a, err := p.read(text); err != nil || a.code != "abc" || a.unbound {
			t.Errorf("%s: code %q, unbound %v, err %v", name, a.code, a.unbound, err)
		}
	}
	for name, text := range map[string]string{
		"bare code":         "abc/+defgh",
		"bare, wrapped":     "  abc/+  \r\n   defgh \n",
		"bare, quoted":      "'abc/+defgh'",
		"bare, escaped":     "abc%2F%2Bdefgh",
		"no state":          "code=abc%2F%2Bdefgh",
		"address, no state": "http://127.0.0.1:24816/auth/callback?code=abc%2F%2Bdefgh",
	} {
		p := pasteReader{expect: testExpectation()}
		if a, err := p.read(text); err != nil || a.code != "abc/+defgh" || !a.unbound {
			t.Errorf("%s: code %q, unbound %v, err %v", name, a.code, a.unbound, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":         {"", errPasteUnusable},
		"a word":        {"quit", errPasteUnusable},
		"a sentence":    {"how do I paste this", errPasteUnusable},
		"empty state":   {"code=abc&state=", errPasteForeign},
		"other issuer":  {"code=abc&iss=https://evil.example", errPasteForeign},
		"other state":   {strings.Replace(good, "st4te", "other", 1), errPasteForeign},
		"other host":    {strings.Replace(good, "127.0.0.1", "evil.example", 1), errPasteUnusable},
		"https":         {strings.Replace(good, "http:", "https:", 1), errPasteUnusable},
		"other path":    {strings.Replace(good, "callback", "other", 1), errPasteUnusable},
		"user info":     {strings.Replace(good, "127.0.0.1", "127.0.0.1@evil.example", 1), errPasteUnusable},
		"the other way": {"https://mogplex.com/api/auth/mcp/authorize?state=" + testState, errPasteUnusable},
		"two codes":     {good + "&code=d", errPasteUnusable},
		"huge":          {good + strings.Repeat("a", 1<<20), errPasteUnusable},
	} {
		p := pasteReader{expect: testExpectation()}
		if _, err := p.read(c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// A terminal delivers a wrapped address line by line, even after a mistake.
func TestPasteLineByLine(t *testing.T) {
	p := pasteReader{expect: testExpectation()}
	good := "http://127.0.0.1:24816/auth/callback?code=abc&state=" + testState
	lines := []string{"what?", strings.Replace(good, "st4te", "other", 1), good[:25], good[25:50], good[50:]}
	for i, line := range lines {
		a, err := p.read(line)
		if last := i == len(lines)-1; last != (err == nil && !a.unbound) || last && a.code != "abc" {
			t.Errorf("line %d: code %q, err %v", i, a.code, err)
		}
	}
}

// A pasted refusal decides the sign-in, even without state.
func TestPasteRefusal(t *testing.T) {
	p := pasteReader{expect: testExpectation()}
	a, err := p.read("http://127.0.0.1:24816/auth/callback?error=access_denied")
	if err != nil || !errors.Is(a.refusalError(), ErrRefused) {
		t.Errorf("%v, %v", a, err)
	}
}

// A code alone is exchanged once its lines are complete. One that the service does not
// know leaves the sign-in open.
func TestPasteDuringSignIn(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"code":                 {markCode},
		"code, wrapped":        {markCode[:12], markCode[12:]},
		"no state":             {"code=" + markCode},
		"address, wrapped":     {"ADDRESS?code=" + markCode[:12], markCode[12:] + "&state=STATE"},
		"mistake":              {"not-a-code-0a1b", "WAIT", markCode},
		"mistake, then state":  {"not-a-code-0a1b", "WAIT", "ADDRESS?code=" + markCode + "&state=STATE"},
		"code, then the whole": {markCode, "ADDRESS?code=" + markCode + "&state=STATE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.token = func(w http.ResponseWriter, r *http.Request) {
				if r.PostForm.Get("code") != markCode {
					answerWith(401, `{"error":"invalid_grant"}`)(w, r)
					return
				}
				writeJSON(w, 200, goodAnswer())
			}
			pasted, rejected := make(chan string), make(chan error, 1)
			r := start(t, s.client(), Flow{Pasted: pasted, PasteRejected: func(err error) { rejected <- err }})
			for _, line := range lines {
				if line == "WAIT" {
					if err := <-rejected; !errors.Is(err, errPasteUnknownCode) {
						t.Errorf("err = %v", err)
					}
					continue
				}
				pasted <- strings.NewReplacer("ADDRESS", r.prompt.RedirectURL, "STATE", r.state).Replace(line)
			}
			close(pasted)
			if _, err := r.end(); err != nil {
				t.Fatal(err)
			}
			forms := s.requests()
			checkPKCE(t, forms[len(forms)-1], r.prompt.URL)
		})
	}
}

func FuzzPasted(f *testing.F) {
	for _, text := range []string{"", "abc", "code=abc&state=" + testState, "http://localhost:24818/auth/callback?code=a&state=" + testState, "error=x", "\x1b[200~?code=&"} {
		f.Add(text, "")
		f.Add(text[:len(text)/2], text[len(text)/2:])
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		p := pasteReader{expect: testExpectation()}
		for _, text := range []string{first, second} {
			a, err := p.read(text)
			if err == nil && a.code != "" && !a.unbound && !holdsState(unwrap(first), unwrap(second), unwrap(first)+unwrap(second)) {
				t.Errorf("accepted %q, %q without the state", first, second)
			}
			if err == nil && (a.code == "") == (a.refusal == nil) {
				t.Errorf("neither code nor refusal in %q, %q", first, second)
			}
		}
	})
}

func holdsState(texts ...string) bool {
	for _, text := range texts {
		if _, after, found := strings.Cut(text, "?"); found {
			text = after
		}
		text, _, _ = strings.Cut(text, "#")
		if query, err := url.ParseQuery(text); err == nil && query.Get("state") == testState {
			return true
		}
	}
	return false
}
