package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// signIn is what came of one sign-in: its tokens live and die together.
type signIn struct {
	key
	number  int
	ended   atomic.Int64 // at the service, in Unix nanoseconds; 0 while it lives
	excused bool         // it ended, or its record was left behind, for a reason that mogplex cannot prevent
}

func (s *signIn) alive() bool { return s.ended.Load() == 0 }

func (s *signIn) end() { s.ended.CompareAndSwap(0, time.Now().UnixNano()) }

func (s *signIn) String() string {
	text := fmt.Sprintf("sign-in %d of %s", s.number, s.key)
	if !s.alive() {
		text += ", ended"
	}
	return text
}

// issued is a token that a service issued.
type issued struct {
	*signIn
	expires time.Time // of an access token

	// Of a refresh token:
	sent       int  // how often commands of this step sent it
	spent      bool // in this step
	answerLost bool // the command that spent it may not have got the answer, or been able to store it
	again      bool // spent twice
}

// goodAt reports whether the service accepted an access token at a time or later.
func (t *issued) goodAt(at time.Time) bool {
	return (t.alive() || t.ended.Load() > at.UnixNano()) && t.expires.After(at)
}

// ledger knows every token that was issued, and what became of it. It is safe for concurrent use.
type ledger struct {
	requests sync.WaitGroup // that are under way
	*report

	mu      sync.Mutex
	secrets fragments
	tokens  map[string]*issued
	codes   map[string]key // whose sign-in an authorization code is of
	signIns []*signIn
}

func newLedger(r *report) *ledger {
	return &ledger{report: r, secrets: fragments{}, tokens: map[string]*issued{}, codes: map[string]key{}}
}

// expect adds the code of a sign-in that is about to be finished.
func (l *ledger) expect(code string, k key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets.add(code, nil)
	l.codes[code] = k
}

// lookUp returns what is known of a token, nil if nobody issued it.
func (l *ledger) lookUp(token string) *issued {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens[token]
}

// sent checks that a service gets its own tokens alone, and counts how often a refresh token is sent.
func (l *ledger) sent(service int, bearer, refresh, revoked string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, secret := range []string{bearer, refresh, revoked} {
		if t := l.tokens[secret]; t != nil && t.key.service != service {
			l.find(leak, "a token of %s was sent to service %c", t.signIn, 'A'+service)
		}
	}
	if t := l.tokens[refresh]; t != nil {
		t.sent++
	}
}

// granted enters what the token endpoint did. It issues nothing for a refresh token that is used again, which ends the
// sign-in.
func (l *ledger) granted(presented string, g accountserver.Issued, expires time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var of *signIn
	switch t := l.tokens[presented]; {
	case t == nil:
		of = &signIn{key: l.codes[presented], number: len(l.signIns) + 1}
		l.signIns = append(l.signIns, of)
	case g.Access == "":
		t.again = true
		t.end()
		return
	default:
		l.count(refreshCount)
		of, t.spent = t.signIn, true
	}
	for _, secret := range []string{g.Access, g.Refresh, g.ID} {
		if secret != "" {
			l.secrets.add(secret, of)
		}
	}
	l.tokens[g.Access], l.tokens[g.Refresh] = &issued{signIn: of, expires: expires}, &issued{signIn: of}
}

// settle enters what became of tokens in a step. It finds refresh tokens that were spent twice, or sent more than once by
// one command. It excuses the sign-ins that ended because a command that used their tokens was killed or could not keep the
// answer, or because a command that was to end them got only half-way.
func (w *world) settle(s *step) {
	l := w.ledger
	l.requests.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tokens {
		if t.sent > 1 && t.sent > w.commandsAbout(s, t.key) {
			l.find(loss, "one command sent a refresh token of %s more than once", t.signIn)
		}
		t.answerLost = t.answerLost || t.spent && w.loses(s, t.key)
		switch {
		case !t.again || t.excused:
		case t.answerLost:
			t.excused = true
			w.count(lostCount)
		default:
			l.find(loss, "a refresh token of %s was spent again, although the answer to its first use was not lost", t.signIn)
		}
		t.sent, t.spent, t.again = 0, false, false
	}
	for _, f := range l.signIns {
		halfWay := func(c *command) bool { return c.writes() && c.code != done && w.about(c, f.key) }
		f.excused = f.excused || f.ended.Load() >= s.began.UnixNano() && s.any(halfWay)
	}
}

// commandsAbout counts the commands of a step that are about a key.
func (w *world) commandsAbout(s *step, k key) (n int) {
	for _, c := range s.all() {
		if w.about(c, k) {
			n++
		}
	}
	return n
}

// loses reports whether the answer to a use of a key's refresh token may not have been stored in a step, or whether a
// migration may have left a copy of that token.
func (w *world) loses(s *step, k key) bool {
	if s.has(diskFault) != nil && s.has(keychainFault) != nil {
		return true
	}
	if f := s.has(serviceFault); f != nil && f.cuts && f.service == k.service {
		return true
	}
	return s.any(func(c *command) bool { return w.about(c, k) && (c.code == killed || c.migrates() && c.code != done) })
}
