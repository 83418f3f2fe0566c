package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// about reports whether a command is about a key, or one that shares its auth.json.
func (w *world) about(c *command, k key) bool {
	of := c.key
	if c.migrates() {
		of.service = k.service
	}
	return w.shared(of) == w.shared(k)
}

// judge checks one command of a step: its limit, its exit code and what it wrote.
func (w *world) judge(s *step, c *command) {
	switch allowed := w.allowed(s, c); {
	case c.err != nil:
		w.blame(c, other, "it could not be run: %v", c.err)
		return
	case c.overrun:
		w.blame(c, overrun, "it ran past its limit")
		return
	case !slices.Contains(allowed, c.code):
		w.blame(c, other, "the exit code is none of %v", allowed)
	case c.code > done && c.stderr == "" && !strings.Contains(c.stdout, `"error"`):
		w.blame(c, other, "it failed without a word")
	case c.code == notSignedIn && w.lies(s, c):
		w.blame(c, other, "it reported that nobody is signed in, but somebody was, and nothing ended that")
	}
	if at, _ := w.ledger.shows(c.said()); at >= 0 || strings.Contains(c.said(), hostedSecret) {
		w.blame(c, leak, "it shows a secret")
	}
	if c.code != done || !strings.HasPrefix(c.name, token) {
		return
	}
	switch t := w.ledger.lookUp(c.printed()); {
	case t == nil:
		w.blame(c, other, "no service issued what it printed")
	case w.shared(t.key) != w.shared(c.key):
		w.blame(c, leak, "it printed a token of another key: %s", t.signIn)
	case !t.goodAt(c.began) && !t.excused:
		w.blame(c, other, "it printed a token of %s that the service did not accept at any time while it ran", t.signIn)
	}
}

// allowed lists the exit codes that the contract has for what is wrong in a step.
func (w *world) allowed(s *step, c *command) []int {
	codes := []int{done}
	if !c.writes() || c.name == login {
		codes = append(codes, notSignedIn)
	}
	if w.hampered(s) {
		codes = append(codes, tryAgain, unavailable)
	}
	if s.has(diskFault) != nil || c.blank() {
		codes = append(codes, failure)
	}
	if c.signal != nil || c.name == login {
		codes = append(codes, interrupted)
	}
	if c.signal != nil {
		codes = append(codes, killed)
	}
	return codes
}

// lies reports whether exit code 64 is untrue: the stores had a credential, and nothing in the step can have ended that or
// kept the command from reading it.
func (w *world) lies(s *step, c *command) bool {
	writes := func(other *command) bool { return other.writes() && w.about(other, c.key) }
	neighbour := key{1 - c.key.dir, c.key.profile, c.key.service}
	if c.mode != auto || len(s.faults) > 0 || s.any(writes) || w.shared(neighbour) == w.shared(c.key) {
		return false // with a shared auth.json, the other directory's keychain may hold what is known of the key
	}
	for _, f := range w.ledger.signIns {
		if f.excused && w.about(c, f.key) {
			return false // its record may come first, and give nothing
		}
	}
	return slices.ContainsFunc(w.held[w.shared(c.key)], (*signIn).alive)
}

// check asks, with every fault taken back, what the stores give for the keys that a step is about, or for all, and compares
// that with what the commands can have done.
func (w *world) check(ctx context.Context, s *step, all bool) error {
	for _, c := range s.all() {
		if c.migrates() && c.code != done { // it may have left the same sign-in in both stores
			if err := w.perform(ctx, together(&command{name: c.name, key: c.key, mode: auto})); err != nil {
				return err
			}
		}
	}
	for _, profile := range profiles {
		for service := range w.services {
			for dir := range 2 {
				k := key{dir, profile, service}
				if w.shared(k) != k || !all && w.commandsAbout(s, k) == 0 {
					continue
				}
				has, err := w.look(ctx, k)
				if err != nil {
					return err
				}
				w.compare(s, k, w.held[k], has)
				w.held[k] = has
			}
		}
	}
	return w.sealed(true)
}

// look asks `auth token` what each store gives for a key, or for those that share its auth.json. It removes a blank item
// that it meets.
func (w *world) look(ctx context.Context, k key) (has []*signIn, err error) {
	asks := []*command{{name: token, key: k, mode: keychain}, {name: token, key: k, mode: file}}
	if second := (key{1, k.profile, k.service}); w.shared(second) == k {
		asks = append(asks, &command{name: token, key: second, mode: keychain})
	}
	if err := w.perform(ctx, together(asks...)); err != nil {
		return nil, err
	}
	for _, c := range asks {
		if t := w.ledger.lookUp(c.printed()); t != nil {
			has = append(has, t.signIn)
		}
		if c.blank() {
			err = errors.Join(err, w.perform(ctx, together(&command{name: logout, key: c.key, mode: keychain})))
		}
	}
	return has, err
}

// compare checks what became of a key's sign-ins in a step. Only sign-ins, sign-outs and migrations change which there are,
// only a sign-out takes the last one away, and what a command reported is so.
func (w *world) compare(s *step, k key, had, has []*signIn) {
	var news, lost []*signIn
	for _, f := range w.ledger.signIns[s.known:] {
		if w.shared(f.key) == k {
			news = append(news, f)
		}
	}
	calm, signedOut := len(s.faults) == 0, false
	var writers []*command
	for _, c := range s.all() {
		calm = calm && c.signal == nil
		if w.about(c, k) && c.writes() {
			writers = append(writers, c)
			signedOut = signedOut || c.name == logout
		}
	}
	for _, f := range slices.Concat(had, news) {
		if f.excused {
			return
		}
		if !slices.Contains(has, f) {
			lost = append(lost, f)
		}
	}
	for _, f := range has {
		if f.alive() && !slices.Contains(slices.Concat(had, news), f) {
			w.find(loss, "the stores of %s give %s, which was not there before", k, f)
		}
	}
	living := slices.ContainsFunc(has, (*signIn).alive)
	if len(had) > 0 && !living && !signedOut || len(lost) > 0 && len(writers) == 0 {
		w.find(loss, "the stores of %s gave %v, and nobody signed out; they give %v", k, had, has)
	}
	if len(writers) == 1 && writers[0].code == done {
		switch c := writers[0]; {
		case c.name == login && len(news) == 1 && slices.Contains(lost, news[0]):
			w.blame(c, loss, "it reported a sign-in, and the stores give %v", has)
		case signedOut && c.mode == auto && calm && living && !w.linked:
			w.blame(c, other, "it reported a sign-out, and the stores give %v", has)
		}
	}
	for _, f := range lost {
		if calm && f.alive() && w.services[k.service].revokes {
			w.find(other, "%s lives on at the service, and no store holds it", f)
		}
	}
}

// finish looks at everything once more, signs out of everything, and looks for what is left.
func (w *world) finish(ctx context.Context) error {
	if err := w.check(ctx, &step{known: len(w.ledger.signIns)}, true); err != nil {
		return err
	}
	for dir := range 2 {
		signOut := &command{name: logout + " --all", key: key{dir, profiles[0], 0}, mode: auto}
		if err := w.perform(ctx, together(signOut)); err != nil {
			return err
		}
	}
	items, err := w.keyring.Items(ctx, "mogplex")
	if err != nil {
		return err
	}
	if len(items) > 0 {
		w.find(other, "signed out of everything, and the keychain has the items %v", items)
	}
	return w.sealed(false)
}

// blame adds a finding about a command, with what that wrote.
func (w *world) blame(c *command, kind, format string, args ...any) {
	w.find(kind, "%s: %s\n%s", c, fmt.Sprintf(format, args...), strings.TrimSpace(w.redact(c.said())))
}

// record counts and logs a step.
func (w *world) record(s *step) {
	w.note("%d commands, clock off by %s, late faults after %s", len(s.all()), time.Duration(w.clock.Load()), s.moment)
	for _, f := range s.faults {
		w.count(faultCount)
		w.note("  %s (service %c, late %t)", f, 'A'+f.service, f.late)
	}
	for _, c := range s.all() {
		w.commands++
		w.note("  %s: %s", c, strings.Join(strings.Fields(w.redact(c.stderr)), " "))
		if c.signal != nil {
			w.count(faultCount)
			w.note("    %v after %s", c.signal, c.signalAfter)
		}
	}
}
