package main

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
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
	uses    []*use    // of a refresh token, in the order of arrival
	judged  bool      // a second use was found
}

// use is one presentation of a refresh token.
type use struct {
	step  int64
	at    time.Time
	spent bool // the service did its work
	lost  bool // and its answer did not leave it whole
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

// present enters that a service is shown a refresh token.
func (l *ledger) present(refresh string) *use {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &use{step: l.step.Load(), at: time.Now()}
	if t := l.tokens[refresh]; t != nil {
		t.uses = append(t.uses, u)
	}
	return u
}

// answer is what the token endpoint did with a request.
type answer struct {
	service       *service
	refresh, code string
	use           *use
	body          []byte // may be a part
	whole         bool   // it left the service whole
	spent         bool   // the refresh token was good before, and is not any more
}

var tokenIn = regexp.MustCompile(`"(access_token|refresh_token|id_token)":"([^"]+)"`)

// answer enters an answer of the token endpoint.
func (l *ledger) answer(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := tokenIn.FindAllSubmatch(a.body, -1)
	t := l.tokens[a.refresh]
	var of *family
	switch {
	case t == nil && len(found) == 0:
		return // a sign-in that was refused
	case t == nil:
		l.signIns++
		of = l.found(l.codes[a.code], false)
	case len(found) > 0 || a.spent && !a.whole:
		l.renewals++
		of, a.use.spent, a.use.lost = t.family, true, !a.whole
	case a.spent || t.spentBefore(a.use): // the second use, which ends the sign-in
		t.end()
	}
	for _, match := range found {
		secret := string(match[2])
		l.secrets.add(secret, of)
		added := &issued{family: of}
		switch string(match[1]) {
		case "access_token":
			added.expires = time.Now().Add(a.service.ttl)
			fallthrough
		case "refresh_token":
			l.tokens[secret] = added
		}
	}
}

// spentBefore reports whether a use came after one that the service processed.
func (t *issued) spentBefore(u *use) bool {
	for _, earlier := range t.uses {
		if earlier == u {
			return false
		}
		if earlier.spent {
			return true
		}
	}
	return false
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
		for _, u := range t.uses {
			u.lost = u.lost || u.step == l.step.Load() && lost(t.family)
		}
	}
}

// reused finds the refresh tokens that were used again although the service had processed them and the answer was not
// lost, each once.
func (l *ledger) reused() {
	l.requests.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tokens {
		first := slices.IndexFunc(t.uses, func(u *use) bool { return u.spent })
		if t.judged || first < 0 || first == len(t.uses)-1 {
			continue
		}
		t.judged = true
		if t.uses[first].lost {
			t.excused.Store(true)
		} else {
			a, b := t.uses[first], t.uses[first+1]
			l.find(loss, "a refresh token of %s was used in step %d, and %s later in step %d; the first answer was not lost",
				t.family, a.step, b.at.Sub(a.at).Round(time.Millisecond), b.step)
		}
	}
}
