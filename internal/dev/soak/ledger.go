package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// family is what came of one sign-in, or a personal token or a provider's key.
type family struct {
	key      key
	number   int
	personal bool // nothing renews it
	plain    bool // its tokens may lie in auth.json

	ended   atomic.Int64 // at the service, in Unix nanoseconds; 0 while it lives
	excused atomic.Bool  // it ended because an answer was lost, which nothing on this side can prevent
}

// alive reports whether a sign-in is there and can be relied on.
func (f *family) alive() bool { return f != nil && f.ended.Load() == 0 }

// forgiven reports whether a sign-in ended because an answer was lost.
func (f *family) forgiven() bool { return f != nil && f.excused.Load() }

func (f *family) end() { f.ended.CompareAndSwap(0, time.Now().UnixNano()) }

func (f *family) String() string {
	if f == nil {
		return "nothing"
	}
	text := fmt.Sprintf("sign-in %d of %s", f.number, f.key)
	if !f.alive() {
		text += ", ended"
	}
	return text
}

// issued is a token that somebody issued.
type issued struct {
	*family
	expires time.Time // zero: never
	spent   use       // of a refresh token, and its second use
	again   use
	lost    bool // the answer to the first use can't have been stored
}

// use is one use of a refresh token that the service processed.
type use struct {
	step int64 // 0: there was none
	at   time.Time
}

// ledger knows every token that was issued, and what became of it. It is safe for concurrent use.
type ledger struct {
	requests sync.WaitGroup // that are under way

	find func(kind, format string, args ...any)
	step atomic.Int64

	mu       sync.Mutex
	secrets  fragments
	tokens   map[string]*issued
	codes    map[string]key // whose sign-in a code is of
	families []*family
	signIns  int
	renewals int
}

func newLedger(find func(kind, format string, args ...any)) *ledger {
	return &ledger{find: find, secrets: fragments{}, tokens: map[string]*issued{}, codes: map[string]key{}}
}

// expect adds the code of a sign-in that is about to be finished.
func (l *ledger) expect(code string, k key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets.add(code, nil)
	l.codes[code] = k
}

// found adds a family. mu is held.
func (l *ledger) found(k key, personal bool) *family {
	f := &family{key: k, number: len(l.families) + 1, personal: personal}
	l.families = append(l.families, f)
	return f
}

// provide adds a personal token or a provider's key.
func (l *ledger) provide(secret string, k key) *family {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.found(k, true)
	l.secrets.add(secret, f)
	l.tokens[secret] = &issued{family: f}
	return f
}

// since returns the families that were added after the first n.
func (l *ledger) since(n int) []*family {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.families[n:])
}

// lookUp returns what is known of a token, nil if nobody issued it.
func (l *ledger) lookUp(token string) *issued {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens[token]
}

// lived reports whether a token was good at a time, as far as the ledger knows.
func (t *issued) lived(at time.Time) bool {
	return (t.alive() || t.ended.Load() > at.UnixNano()) && (t.expires.IsZero() || t.expires.After(at))
}

// sentTo checks that a service gets its own tokens alone.
func (l *ledger) sentTo(service int, secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, secret := range secrets {
		if t := l.tokens[secret]; t != nil && t.key.service != service {
			l.find(leak, "a token of %s was sent to service %c", t.family, 'A'+service)
		}
	}
}

// granted enters what the token endpoint did: nothing is issued for a refresh token that is used again, which ends the
// sign-in.
func (l *ledger) granted(presented string, g accountserver.Issued, expires time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, t := use{l.step.Load(), time.Now()}, l.tokens[presented]
	var of *family
	switch {
	case t == nil:
		l.signIns++
		of = l.found(l.codes[presented], false)
	case g.Access == "":
		t.again = now
		t.end()
		return
	default:
		l.renewals++
		of, t.spent = t.family, now
	}
	for _, secret := range []string{g.Access, g.Refresh, g.ID} {
		if secret != "" {
			l.secrets.add(secret, of)
		}
	}
	l.tokens[g.Access], l.tokens[g.Refresh] = &issued{family: of, expires: expires}, &issued{family: of}
}

// answered enters that the answer for a refresh token left the service, whole or not.
func (l *ledger) answered(refresh string, whole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tokens[refresh]; t != nil && !whole && t.again.step == 0 {
		t.lost = t.lost || t.spent.step > 0
	}
}

// revoked enters the end of a sign-in at the service.
func (l *ledger) revoked(secret string, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tokens[secret]; t != nil && done && t.expires.IsZero() {
		t.end()
	}
}

// excuse enters that the answers to this step's uses can't have been stored, for the families that lost names.
func (l *ledger) excuse(lost func(*family) bool) {
	l.requests.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tokens {
		t.lost = t.lost || t.spent.step == l.step.Load() && lost(t.family)
	}
}

// reused finds the refresh tokens that were used again although the answer to their first use was not lost, each once.
func (l *ledger) reused() {
	l.requests.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tokens {
		switch {
		case t.again.step == 0 || t.forgiven():
		case t.lost:
			t.excused.Store(true)
		default:
			l.find(loss, "a refresh token of %s was used in step %d, and %s later in step %d; the first answer was not lost",
				t.family, t.spent.step, t.again.at.Sub(t.spent.at).Round(time.Millisecond), t.again.step)
			t.again.step = 0
		}
	}
}
