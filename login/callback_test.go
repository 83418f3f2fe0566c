package login

import (
	"errors"
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
	} {
		p := pasteReader{expect: testExpectation()}
		if a, err := p.read(text); err != nil || a.code != "abc" {
			t.Errorf("%s: code %q, err %v", name, a.code, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":         {"", errPasteUnusable},
		"bare code":     {"abc", errPasteBareCode},
		"no state":      {"code=abc", errPasteBareCode},
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
		if last := i == len(lines)-1; last != (err == nil) || last != (a.code == "abc") {
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

func TestPasteDuringSignIn(t *testing.T) {
	s := newService(t)
	pasted := make(chan string)
	rejected := make(chan error, 1)
	r := start(t, s.client(), Flow{Pasted: pasted, PasteRejected: func(err error) { rejected <- err }})
	pasted <- "code=" + markCode
	if err := <-rejected; !errors.Is(err, errPasteBareCode) {
		t.Errorf("err = %v", err)
	}
	pasted <- r.callback("code=" + markCode + "&state=STATE")
	if _, err := r.end(); err != nil || len(s.requests()) != 1 {
		t.Fatal(err)
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
			if err == nil && a.code != "" && !holdsState(unwrap(first), unwrap(second), unwrap(first)+unwrap(second)) {
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
