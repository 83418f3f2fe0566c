package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
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
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"--for", "3s", "--seed", "1"}, &stdout, &stderr); code != exitOK {
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
	l := newLedger(newReport(io.Discard))
	l.secrets.add(secret, nil)
	l.secrets.add("eyJhbGciOiJIUzI1NiJ9.eyJhY3IiOiJ1cm46bWFjZSJ9.c2lnbmF0dXJlLW9mLWFuLWlkX3Rva2Vu", nil)
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
		if at, _ := l.shows(text); (at >= 0) != shown {
			t.Errorf("%q: at %d", text, at)
		}
	}
}

// TestSpentAgain has a step spend the refresh token that a step before it spent, and expects a finding unless the first
// command may not have stored the answer.
func TestSpentAgain(t *testing.T) {
	for name, test := range map[string]struct {
		first *step
		found int
	}{
		"stored":         {together(&command{name: "auth refresh"}), 1},
		"killed":         {together(&command{name: "auth refresh", code: killed}), 0},
		"another killed": {together(&command{name: "auth refresh"}, &command{name: "auth refresh", key: key{service: 1}, code: killed}), 1},
		"cut off": {&step{workers: together(&command{name: "auth refresh"}).workers,
			faults: []*fault{{kind: serviceFault, cuts: true}}}, 0},
	} {
		w := &world{soak: &soak{report: newReport(io.Discard)}}
		w.ledger = newLedger(w.report)
		w.ledger.granted("code", accountserver.Issued{Access: "access-token-1", Refresh: "refresh-token-1"}, time.Now())
		w.settle(together(&command{name: login}))
		renewed := accountserver.Issued{Access: "access-token-2", Refresh: "refresh-token-2"}
		w.ledger.granted("refresh-token-1", renewed, time.Now())
		w.settle(test.first)
		of := w.ledger.lookUp("refresh-token-2").signIn
		if w.found() > 0 || !of.alive() {
			t.Errorf("%s: found %v although the token was spent once", name, w.log)
		}
		w.ledger.granted("refresh-token-1", accountserver.Issued{}, time.Now())
		w.settle(together(&command{name: token}))
		if w.found() != test.found || of.excused != (test.found == 0) || of.alive() {
			t.Errorf("%s: found %v, excused %t, alive %t", name, w.log, of.excused, of.alive())
		}
	}
}

// TestSentTwice expects a finding if a refresh token is sent more often than there are commands.
func TestSentTwice(t *testing.T) {
	for commands, found := range map[int]int{1: 1, 2: 0} {
		w := &world{soak: &soak{report: newReport(io.Discard)}}
		w.ledger = newLedger(w.report)
		w.ledger.granted("code", accountserver.Issued{Access: "access-token-1", Refresh: "refresh-token-1"}, time.Now())
		w.ledger.sent(0, "", "refresh-token-1", "")
		w.ledger.sent(0, "", "refresh-token-1", "")
		w.settle(together(slices.Repeat([]*command{{name: token}}, commands)...))
		if w.found() != found {
			t.Errorf("%d commands: found %v", commands, w.log)
		}
	}
}
