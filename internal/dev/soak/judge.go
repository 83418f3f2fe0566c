package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The exit codes of mogplex, as far as a soak brings them about.
const (
	done        = 0
	failure     = 1
	notSignedIn = 64
	unavailable = 69
	tryAgain    = 75
	interrupted = 130
)

// judge checks one command of a step: its limit, its exit code and its words.
func (w *world) judge(s *step, c *command) {
	switch {
	case c.err != nil:
		w.blame(c, other, "it could not be run: %v", c.err)
		return
	case c.overrun:
		w.blame(c, overrun, "it ran for more than %s", c.bound)
		return
	}
	w.silent(c)
	if c.killed {
		return
	}
	if allowed := w.mayEnd(s, c); !slices.Contains(allowed, c.code) {
		w.blame(c, other, "exit code %d, which is none of %v", c.code, allowed)
	}
	if c.code != done && c.stderr == "" && !strings.Contains(c.stdout, `"error"`) {
		w.blame(c, other, "it failed without a word")
	}
	switch c.name {
	case token:
		w.judgeToken(c)
	case status:
		w.judgeStatus(c)
	}
}

// mayEnd lists the exit codes that the contract has for what is wrong in a step. 1 needs a fault that explains it: a full
// or read-only disk, a personal token that nothing renews, a blank item that a killed keychain left.
func (w *world) mayEnd(s *step, c *command) []int {
	if !c.view.bus && c.view.mode == keychain {
		return []int{unavailable, interrupted}
	}
	codes := []int{done}
	if c.broken.Load() {
		codes = append(codes, interrupted)
	}
	if !c.moves() && c.name != logout {
		codes = append(codes, notSignedIn) // lies has a closer look
	}
	if c.moves() && !c.view.bus {
		codes = append(codes, unavailable)
	}
	if s.has(keychainFault) != nil && (c.view.keychain() || c.moves()) {
		codes = append(codes, tryAgain, unavailable)
	}
	if c.key.service != provider && s.troubled(c.key.service) && !c.moves() && c.name != status && c.name != logout {
		codes = append(codes, tryAgain, unavailable)
	}
	if len(s.faults) > 0 && len(s.all()) > 1 || w.claimed() > 0 {
		codes = append(codes, tryAgain) // another command holds the lock for too long
	}
	if s.has(diskFault) != nil || c.name == refresh && w.hasPersonal(c.key) || w.blank(s, c) {
		codes = append(codes, failure)
	}
	return codes
}

// hasPersonal reports whether a key may hold a credential that nothing renews.
func (w *world) hasPersonal(k key) bool {
	return slices.ContainsFunc(w.ledger.since(0), func(f *family) bool { return f.personal && w.shared(f.key) == w.shared(k) })
}

// blank reports a command that met an item which gnome-keyring left without a value when it was killed.
func (w *world) blank(s *step, c *command) bool {
	return s.gap() && strings.Contains(c.stdout+c.stderr, "is blank")
}

// judgeToken checks what a command printed for the token.
func (w *world) judgeToken(c *command) {
	if c.code != done && c.stdout != "" || strings.Count(c.stdout, "\n") > 1 {
		w.blame(c, leak, "it printed more than a token")
	}
	if c.code != done {
		return
	}
	switch t := w.ledger.lookUp(c.printed()); {
	case t == nil:
		w.blame(c, other, "nobody issued what it printed")
	case t.key.service != c.key.service || w.shared(t.key) != w.shared(c.key):
		w.blame(c, leak, "it printed a token of another key: %s", t.family)
	case c.dead && !t.forgiven() && !w.buried[t.family]:
		w.blame(c, other, "it printed a token of %s that the service did not accept at any time while it ran", t.family)
	}
}

// lies reports that exit code 64 is untrue: the first place in which the command looks had a credential when the step
// began, and no command of the step can have ended that.
func (w *world) lies(s *step, c *command) bool {
	asks := slices.Contains([]string{login, loginToken, models, servers}, c.name)
	if asks && (s.troubled(c.key.service) || strings.Contains(c.stdout+c.stderr, "does not accept")) {
		return false
	}
	if c.name == login || c.name == loginToken {
		return true
	}
	if k := s.has(keychainFault); k != nil && c.view.keychain() {
		return false // the file alone counts while there is no keychain
	}
	for _, store := range []string{keychain, file} {
		if store == keychain && !c.view.keychain() || store == file && !c.view.file() {
			continue
		}
		at := w.cell(c.key, store)
		if w.writes(s, at) {
			return false
		}
		if f := w.cells[at]; f != nil {
			return f.alive()
		}
	}
	return false
}

// writes reports whether a command of a step can change whose credential a cell holds.
func (w *world) writes(s *step, at cell) bool {
	return slices.ContainsFunc(s.all(), func(c *command) bool { return w.touches(c, at) })
}

// touches reports whether a command can change whose credential a cell holds. A renewal does not.
func (w *world) touches(c *command, at cell) bool {
	reaches := c.moves() || at.store == keychain && c.view.keychain() || at.store == file && c.view.file()
	writes := slices.Contains([]string{login, loginToken, logout, migrate, migrateBack}, c.name)
	k := c.key
	if c.moves() {
		k.service = at.service
	}
	return writes && reaches && w.cell(k, at.store) == at
}

// statusReport is what is read of `auth status --json`.
type statusReport struct {
	SignedIn bool `json:"signed_in"`
	Active   *struct {
		Source string `json:"source"`
	} `json:"active"`
	Layers []struct {
		Layer   string `json:"layer"`
		Name    string `json:"name"`
		State   string `json:"state"`
		InForce bool   `json:"in_force"`
	} `json:"layers"`
	Error *struct {
		Code string `json:"code"`
	} `json:"error"`
}

// judgeStatus checks that a status names no layer twice, and says "absent" of none that it uses.
func (w *world) judgeStatus(c *command) {
	if c.code == interrupted || c.code == failure {
		return
	}
	var r statusReport
	if err := json.Unmarshal([]byte(c.stdout), &r); err != nil {
		w.blame(c, other, "its JSON can't be read: %v", err)
		return
	}
	if r.SignedIn != (c.code == done) || (r.Error != nil) != (c.code != done) {
		w.blame(c, other, "exit code %d goes with signed_in %t", c.code, r.SignedIn)
	}
	seen, used := map[string]bool{}, 0
	for _, l := range r.Layers {
		name := l.Layer + " " + l.Name
		if seen[name] {
			w.blame(c, other, "it names the layer %q twice", name)
		}
		seen[name] = true
		if !l.InForce {
			continue
		}
		used++
		if l.State != "present" || r.Active == nil || r.Active.Source != l.Layer {
			w.blame(c, other, "it uses the layer %s, which it says is %s", l.Layer, l.State)
		}
	}
	if used > 1 || r.SignedIn && used == 0 {
		w.blame(c, other, "%s", fmt.Sprintf("%d layers are in force", used))
	}
}
