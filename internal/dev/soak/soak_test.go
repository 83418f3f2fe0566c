package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSoak runs a few seconds of what CI runs for a minute.
func TestSoak(t *testing.T) {
	if missing := keyringtest.Available(); missing != "" {
		deep.Missing(t, missing+" is not installed")
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
	f.add(secret, nil)
	f.add("eyJhbGciOiJIUzI1NiJ9.eyJhY3IiOiJ1cm46bWFjZSJ9.c2lnbmF0dXJlLW9mLWFuLWlkX3Rva2Vu", nil)
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
		if at, _ := f.in(text); (at >= 0) != shown {
			t.Errorf("%q: at %d", text, at)
		}
	}
}

// TestReused asks the ledger who is to blame for a refresh token that is used again.
func TestReused(t *testing.T) {
	for name, test := range map[string]struct {
		cut, killed bool // the first answer; a command of the step
		blamed      bool
	}{
		"stored":              {blamed: true},
		"cut off":             {cut: true},
		"its process is gone": {killed: true},
	} {
		found := 0
		l := newLedger(func(string, string, ...any) { found++ })
		l.step.Store(1)
		of := l.provide("refresh-token-1", key{})
		l.granted("refresh-token-1", accountserver.Issued{Access: "access-token-2", Refresh: "refresh-token-2"}, time.Now())
		l.answered("refresh-token-1", !test.cut)
		l.excuse(func(*family) bool { return test.killed })
		if l.reused(); found > 0 || !of.alive() {
			t.Errorf("%s: a token that was used once is blamed", name)
		}
		l.granted("refresh-token-1", accountserver.Issued{}, time.Now())
		if l.reused(); (found > 0) != test.blamed || of.forgiven() == test.blamed || of.alive() {
			t.Errorf("%s: %d found, forgiven %t, alive %t", name, found, of.forgiven(), of.alive())
		}
	}
}
