package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSoak runs a few seconds of what CI runs for a minute.
func TestSoak(t *testing.T) {
	if missing := keyringtest.Available(); missing != "" {
		if os.Getenv("MOGPLEX_CI_REQUIRE") != "" {
			t.Fatalf("%s is not installed", missing)
		}
		t.Skipf("%s is not installed", missing)
	}
	t.Setenv("TMPDIR", t.TempDir()) // the log's as well
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"--for", "4s"}, &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	if !strings.Contains(stdout.String(), "losses") {
		t.Errorf("there is no table in\n%s", &stdout)
	}
}

func TestUsage(t *testing.T) {
	for want, lines := range map[int][]string{exitOK: {"--help"}, exitUsage: {"--for x", "--for -1s", "quickly"}} {
		for _, line := range lines {
			if got := run(t.Context(), strings.Fields(line), &bytes.Buffer{}, &bytes.Buffer{}); got != want {
				t.Errorf("%s: exit code %d", line, got)
			}
		}
	}
}

func TestFragments(t *testing.T) {
	const secret = "mog_0123456789ABCDEFGHIJKLMNOPQRSTUV"
	f := fragments{}
	f.add(secret)
	f.add("eyJhbGciOiJIUzI1NiJ9.eyJhY3IiOiJ1cm46bWFjZSJ9.c2lnbmF0dXJlLW9mLWFuLWlkX3Rva2Vu")
	for text, shown := range map[string]bool{
		"the token is " + secret + ".":                             true,
		"the token is " + secret[:12] + "…":                        true,
		hex.EncodeToString([]byte(secret)):                         true,
		base64.StdEncoding.EncodeToString([]byte("a:" + secret)):   true,
		base64.StdEncoding.EncodeToString([]byte("ab:" + secret)):  true,
		base64.URLEncoding.EncodeToString([]byte("abc:" + secret)): true,
		"c2lnbmF0dXJlLW9mLWFuLWlkX3Rva2Vu":                         true,
		"eyJhbGciOiJIUzI1NiJ9.eyJhY3IiOiJ1cm46bWFjZSJ9":            false,
		"mog_0123456": false,
		"Sign in again with `mogplex login`, or set MOGPLEX_API_KEY.":   false,
		strings.Repeat("http://127.0.0.1:24816/auth/callback?code=", 9): false,
	} {
		if got := f.in(text) >= 0; got != shown {
			t.Errorf("%q: shown %t", text, got)
		}
	}
}

// TestLost asks the ledger who is to blame for a refresh token that is used again.
func TestLost(t *testing.T) {
	const answer = `{"access_token":"access-token-2","refresh_token":"refresh-token-2"}`
	for name, test := range map[string]struct {
		asker  *command
		whole  bool
		killed bool // another command of the step
		lost   bool
	}{
		"stored":                           {asker: &command{}, whole: true},
		"stored, while another was killed": {asker: &command{}, whole: true, killed: true},
		"killed":                           {asker: &command{killed: true}, whole: true, lost: true},
		"cut off":                          {asker: &command{}, lost: true},
		"gone before it was seen":          {whole: true, killed: true, lost: true},
		"not seen, and nobody was killed":  {whole: true},
	} {
		for _, late := range []bool{false, true} { // the answer is noted after the second use
			l := newLedger(true)
			l.begin(1)
			l.sessions["refresh-token-1"] = &session{}
			first := l.presented("refresh-token-1")
			if late {
				l.presented("refresh-token-1")
			}
			l.answered("refresh-token-1", first, test.asker, []byte(answer), test.whole, true)
			if test.killed {
				l.stopped(&command{killed: true})
			}
			if !late {
				l.presented("refresh-token-2")
				if l.wasteful() != nil {
					t.Errorf("%s: a token that is used for the first time is blamed", name)
				}
				l.presented("refresh-token-1")
			}
			if blamed := l.wasteful() != nil; blamed == test.lost {
				t.Errorf("%s, late %t: blamed %t", name, late, blamed)
			}
			if _, lost := l.gone(l.sessions["refresh-token-2"]); lost != test.lost {
				t.Errorf("%s, late %t: lost %t", name, late, lost)
			}
		}
	}
}
