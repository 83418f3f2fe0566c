package main

import (
	"net"
	"regexp"
	"strconv"
	"sync"
)

// session is what came of one sign-in or is behind one personal access token, as the service sees it.
type session struct {
	personal bool
	ended    bool     // at the service, by the fault that does so, or by a sign-out that may have come half way
	killer   *renewal // under strict rotation: the renewal whose token was presented a second time
}

// renewal is one use of a refresh token that the service processed.
type renewal struct {
	session *session
	asker   *command // nil where that was not to be seen: a process that was gone
	whole   bool     // the answer left the service whole
	step    int
	arrived int // its place among all uses of refresh tokens
}

// use is a refresh token that the service was shown.
type use struct {
	token   string
	arrived int
}

// lost reports that the answer can't have been stored: it was cut off, or its process was killed. Where the process
// could not be seen, one that was killed in that step is taken to have asked; a kill of another is no excuse. It is
// known once the step is over.
func (r *renewal) lost(killedIn map[int]bool) bool {
	switch {
	case !r.whole:
		return true
	case r.asker == nil:
		return killedIn[r.step]
	}
	return r.asker.killed
}

// ledger knows every token that the service issued, and what became of it. It is safe for concurrent use.
type ledger struct {
	strict  bool           // the service's rotation
	handled sync.WaitGroup // token requests that are under way

	mu       sync.Mutex
	step     int
	uses     []use
	arrivals int
	secrets  fragments
	sessions map[string]*session   // by access, refresh and personal token
	spent    map[string][]*renewal // by the refresh token that was used
	again    []*renewal            // whose token was used once more
	killedIn map[int]bool          // the steps with a command that was killed
	running  map[int]*command      // by process id
	newest   *session              // of the latest sign-in in the browser
	signIns  int
	renewals int
}

func newLedger(strict bool) *ledger {
	return &ledger{
		strict: strict, secrets: fragments{}, sessions: map[string]*session{}, spent: map[string][]*renewal{},
		killedIn: map[int]bool{}, running: map[int]*command{},
	}
}

// begin starts a step.
func (l *ledger) begin(step int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.step = step
}

// conceal adds what is never to be shown.
func (l *ledger) conceal(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets.add(secret)
}

// issuedPersonal adds a personal access token, and returns its session.
func (l *ledger) issuedPersonal(token string) *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets.add(token)
	l.sessions[token] = &session{personal: true}
	return l.sessions[token]
}

// issued reports whether the service issued a token, and for which session.
func (l *ledger) issued(token string) (*session, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.sessions[token]
	return s, ok
}

// presented notes that the service is shown a refresh token, and returns the use's place among all.
func (l *ledger) presented(refresh string) (arrived int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals++
	l.uses = append(l.uses, use{refresh, l.arrivals})
	return l.arrivals
}

// settle finds the refresh tokens that were used after they were spent, once no request is under way: that of a killed
// process can be noted after the one that found its token spent.
func (l *ledger) settle() {
	l.handled.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.uses {
		for _, r := range l.spent[u.token] {
			if r.arrived >= u.arrived {
				continue
			}
			l.again = append(l.again, r)
			if l.strict && r.session.killer == nil {
				r.session.killer = r
			}
		}
	}
	l.uses = nil
}

var tokenIn = regexp.MustCompile(`"(access_token|refresh_token|id_token)":"([^"]+)"`)

// answered notes an answer of the token endpoint, of which the body may be a part.
func (l *ledger) answered(refresh string, arrived int, asker *command, body []byte, whole, processed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := tokenIn.FindAllSubmatch(body, -1)
	if len(found) == 0 && (whole || !processed) {
		return // an error, or nothing was done
	}
	of := l.sessions[refresh]
	if refresh == "" {
		l.signIns++
		of = &session{}
		l.newest = of
	} else {
		l.renewals++
		l.spent[refresh] = append(l.spent[refresh],
			&renewal{session: of, asker: asker, whole: whole, step: l.step, arrived: arrived})
	}
	for _, match := range found {
		l.secrets.add(string(match[2]))
		if kind := string(match[1]); kind != "id_token" {
			l.sessions[string(match[2])] = of
		}
	}
}

// end says that the account's sessions were ended at the service.
func (l *ledger) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sessions {
		s.ended = true
	}
}

// giveUp says that a session may have been signed out of in part: in one store and not in another.
func (l *ledger) giveUp(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s != nil {
		s.ended = true
	}
}

// wasteful returns a renewal whose refresh token was used again although its answer was not lost: a renewed token was
// dropped. The service's own opinion of that does not matter.
func (l *ledger) wasteful() *renewal {
	l.settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	again := l.again
	l.again = nil
	for _, r := range again {
		if !r.lost(l.killedIn) && !r.session.ended {
			return r
		}
	}
	return nil
}

// gone reports that a session can't be relied on: it was ended, or the answer to a renewal was lost and strict rotation
// forgives no second try.
func (l *ledger) gone(s *session) (ended, answerLost bool) {
	l.settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	if s == nil {
		return false, false
	}
	return s.ended, s.killer != nil && s.killer.lost(l.killedIn)
}

// started and stopped keep the processes that can ask.
func (l *ledger) started(c *command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[c.pid] = c
}

func (l *ledger) stopped(c *command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, c.pid)
	if c.killed {
		l.killedIn[l.step] = true
	}
}

// askerAt returns the command whose process has the other end of a connection.
func (l *ledger) askerAt(remote string) *command {
	_, port, err := net.SplitHostPort(remote)
	if err != nil {
		return nil
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	socket := socketAt(number)
	for pid, c := range l.running {
		if socket != "" && holdsSocket(pid, socket) {
			return c
		}
	}
	return nil
}
