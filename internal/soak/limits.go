package main

import "time"

// How long a command may take follows from what is wrong meanwhile: its own part, and that of the commands whose lock
// it waits for.
const (
	// slack is for a machine with other things to do; most commands take some ten milliseconds.
	slack = 10 * time.Second
	// keychainTimeout is MOGPLEX_KEYCHAIN_TIMEOUT where the keychain is stopped: it is waited for in vain. A keychain that
	// let it pass once is not asked again.
	keychainTimeout = time.Second
	// keychainPatience is the same everywhere else: longer than slack, so that a keychain that is well and hangs is found
	// as an overrun, and one that waits for a busy disk is not found.
	keychainPatience = 15 * time.Second
	// settling is what a command has beside it to find out what became of a write that got no answer.
	settling = 2 * time.Second
	// lockLimit is the longest wait for another command's lock.
	lockLimit = 25 * time.Second
	// signInLimit is --timeout of a sign-in.
	signInLimit = 15 * time.Second
	// silence is what a command waits for a service that does not answer at all.
	silence = 20 * time.Second
	// appSettling is how long the app waits, when it is left, for what was begun.
	appSettling = 15 * time.Second
	// attaching is how long the service of a run may be out of reach at first, and how long it may ask to wait.
	attaching = 16 * time.Second
	// revocation bounds what is spent on ending a session at the service, after a sign-in or when signing out.
	revocation = 5 * time.Second
)

// bound is a command's limit in this step.
func (s *step) bound(c *command) time.Duration {
	var others time.Duration
	for _, other := range s.commands {
		if other != c {
			others += s.share(other)
		}
	}
	return slack + s.share(c) + min(others, lockLimit)
}

// share is what a command alone needs more than slack.
func (s *step) share(c *command) (d time.Duration) {
	if s.has(keychainFault) != nil {
		d += keychainTimeout + settling
	}
	if t := s.has(serviceFault); t != nil {
		d += 2 * t.delay // the token endpoint, asked once more where something else seemed to answer
	}
	if s.has(silenceFault) != nil && (c.name == token || c.name == refresh || c.name == login || c.asks()) {
		d += silence
	}
	if c.name == attach && s.troubled() {
		d += attaching
	}
	switch c.name {
	case login:
		d += signInLimit + revocation
	case loginToken, logout:
		d += revocation
	}
	return d
}
