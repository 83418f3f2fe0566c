package main

import (
	"encoding/json"
	"errors"
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

// judge asks of one command of a step whether it kept to its limit, its exit code and its words, and showed no token.
func (w *world) judge(s *step, c *command) error {
	switch {
	case c.err != nil:
		return c.err
	case c.overrun:
		w.overruns++
		return fmt.Errorf("it ran for more than %s", c.bound)
	}
	if err := w.silent(c); err != nil || c.killed {
		return err
	}
	if err := w.ended(s, c); err != nil {
		return err
	}
	switch {
	case c.code != done && c.stderr == "" && !strings.Contains(c.stdout, `"error"`):
		return errors.New("it failed without a word")
	case c.name == tokenOf && c.stdout != variable+"\n":
		return errors.New("the variable that is set is not what it printed")
	case c.name == status:
		return w.truthful(s, c)
	}
	return nil
}

// ended judges the exit code.
func (w *world) ended(s *step, c *command) error {
	if c.code == notSignedIn && w.lies(s, c) {
		return errors.New("it said that nobody is signed in, and nothing has ended that")
	}
	if allowed := w.mayEnd(s, c); !slices.Contains(allowed, c.code) {
		return fmt.Errorf("exit code %d, which is none of %v", c.code, allowed)
	}
	return nil
}

// mayEnd lists the exit codes that the contract has for what is wrong in this step.
func (w *world) mayEnd(s *step, c *command) []int {
	codes := []int{done}
	if c.interrupted.Load() {
		codes = append(codes, interrupted)
	}
	switch c.name {
	case tokenOf:
		return codes
	case theApp:
		codes = append(codes, interrupted)
		if len(s.faults) > 0 { // it was left before it knew who is signed in
			codes = append(codes, tryAgain, unavailable, failure)
		}
		return codes
	}
	if c.name != logout && c.name != migrate && c.name != migrateBack && c.name != dryRun {
		codes = append(codes, notSignedIn) // lies has a closer look
	}
	if k := s.has(keychainFault); k != nil && (w.mode != file || c.name == migrateBack) {
		codes = append(codes, tryAgain, unavailable)
	}
	if s.troubled() {
		switch c.name {
		case token, refresh, login, models, servers, attach:
			codes = append(codes, tryAgain, unavailable)
		}
	}
	if s.has(diskFault) != nil || c.name == refresh && w.personal || w.blank(c) {
		codes = append(codes, failure)
	}
	return codes
}

// lies reports that exit code 64 is untrue: somebody is signed in, and nothing in this step can have ended that.
func (w *world) lies(s *step, c *command) bool {
	ended, answerLost := w.service.gone(w.inForce)
	if c.asks() && strings.Contains(c.stdout+c.stderr, "does not accept the credential") {
		return false // the service's own word, whose clock may be another
	}
	switch c.name {
	case login: // the code ran out, or was refused
		return s.has(clockFault) == nil && !s.troubled()
	case loginToken:
		return s.has(sessionFault) == nil
	}
	// The keychain is gone altogether: the file alone counts, and that is said.
	k := s.has(keychainFault)
	said := strings.Contains(c.stdout+c.stderr, "no keychain")
	if noKeychain := k != nil && k.gap && w.mode == auto; noKeychain && said {
		return false
	}
	return w.promise == signedIn && !ended && !answerLost && !s.runs(logout) && s.has(sessionFault) == nil
}

// statusReport is what is read of `auth status --json`.
type statusReport struct {
	SignedIn bool `json:"signed_in"`
	Active   *struct {
		Source string `json:"source"`
		Type   string `json:"type"`
	} `json:"active"`
	Layers []struct {
		Layer string `json:"layer"`
		State string `json:"state"`
	} `json:"layers"`
	Warnings []string `json:"warnings"`
	Error    *struct {
		Code string `json:"code"`
	} `json:"error"`
}

// String is the status in a line of the log.
func (r statusReport) String() string {
	said := fmt.Sprintf("signed in %t", r.SignedIn)
	if r.Active != nil {
		said += " by " + r.Active.Source + ", " + r.Active.Type
	}
	for _, l := range r.Layers[1:] {
		said += "; " + l.Layer + " " + l.State
	}
	return said
}

func (r statusReport) state(layer string) string {
	for _, l := range r.Layers {
		if l.Layer == layer {
			return l.State
		}
	}
	return ""
}

// statusOf reads a status. One that was interrupted has none.
func statusOf(c *command) (r statusReport, err error) {
	if err := json.Unmarshal([]byte(c.stdout), &r); err != nil {
		return r, fmt.Errorf("what --json printed can't be read: %w", err)
	}
	if r.SignedIn != (c.code == done) || (r.Error != nil) != (c.code != done) {
		return r, fmt.Errorf("exit code %d goes with signed_in %t", c.code, r.SignedIn)
	}
	return r, nil
}

// truthful asks whether a status says what is wrong with the keychain, where that does not change meanwhile.
func (w *world) truthful(s *step, c *command) error {
	if c.code == interrupted {
		return nil
	}
	r, err := statusOf(c)
	if err != nil {
		return err
	}
	got, want := r.state(keychain), []string{"present", "absent"}
	k := s.has(keychainFault)
	switch {
	case w.mode == file:
		want = []string{"disabled"}
	case w.blank(c):
		want = []string{"corrupt"}
	case k == nil:
	case k.after > 0 || k.name == "keychain restarted":
		return nil
	case k.name == killed && w.revives:
		want = []string{"locked"}
	case k.name == killed:
		want = []string{"unavailable"}
	default:
		want = []string{k.state}
	}
	if !slices.Contains(want, got) {
		return fmt.Errorf("it says of the keychain %q, which is %q", got, want)
	}
	return nil
}
