package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// shown is how many lines of the log go with a finding.
const shown = 40

// The kinds of findings.
const (
	loss    = "loss"
	leak    = "leak"
	overrun = "overrun"
	other   = "other"
)

// tally is what was done and found, and the log of it. Neither ever holds a secret.
type tally struct {
	seed   uint64
	stdout io.Writer
	log    *os.File
	latest []string
	began  time.Time

	mu       sync.Mutex // guards steps, findings and kinds
	findings []string
	kinds    map[string]int // of findings

	rounds, steps     int
	commands          map[string]int
	longest           map[string]time.Duration
	faults            map[string]int
	mourned           map[*family]bool // whose loss was counted as a lost answer
	signIns, renewals int
	answersLost       int
	blanks            int // items that gnome-keyring left without a value
}

func newTally(seed uint64, stdout io.Writer) (*tally, error) {
	log, err := os.CreateTemp("", fmt.Sprintf("soak-%d-*.log", seed))
	t := &tally{seed: seed, stdout: stdout, log: log, began: time.Now(), kinds: map[string]int{}, commands: map[string]int{},
		longest: map[string]time.Duration{}, faults: map[string]int{}, mourned: map[*family]bool{}}
	if err == nil {
		t.say("Seed %d. Every step is logged in %s.", seed, log.Name())
	}
	return t, err
}

func (t *tally) close() {
	if t.log != nil {
		_ = t.log.Close()
	}
}

func (t *tally) say(format string, args ...any) { fmt.Fprintf(t.stdout, format+"\n", args...) }

// note logs a line.
func (t *tally) note(format string, args ...any) {
	line := time.Since(t.began).Round(time.Millisecond).String() + " " + fmt.Sprintf(format, args...)
	_, _ = fmt.Fprintln(t.log, line)
	if t.latest = append(t.latest, line); len(t.latest) > shown {
		t.latest = t.latest[1:]
	}
}

// next begins a step.
func (w *world) next() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	w.ledger.step.Store(int64(w.steps))
}

// count adds a command.
func (t *tally) count(c *command) {
	t.commands[c.name]++
	t.longest[c.name] = max(t.longest[c.name], c.took)
}

// find adds a finding.
func (t *tally) find(kind, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("%s, round %d, step %d: %s", kind, t.rounds, t.steps, fmt.Sprintf(format, args...))
	t.findings = append(t.findings, text)
	t.kinds[kind]++
}

// blame adds a finding about a command, with what that wrote.
func (w *world) blame(c *command, kind, format string, args ...any) {
	said := strings.TrimSpace(c.stderr)
	if c.name != token {
		said += "\n" + strings.TrimSpace(c.stdout)
	}
	w.find(kind, "%s: %s\n%s", c.outcome(), fmt.Sprintf(format, args...), strings.TrimSpace(w.redact(said)))
}

// record counts and logs a step.
func (w *world) record(s *step) {
	var did []string
	for _, t := range s.faults {
		w.faults[t.name]++
		text := t.name
		if t.kind == serviceFault || t.kind == revocationFault {
			text += " at " + string('A'+rune(t.service))
		}
		if t.after > 0 {
			text += " after " + t.after.Round(time.Millisecond).String()
		}
		did = append(did, text)
	}
	w.note("step %d, clock %+.0fh: %s", w.steps, time.Duration(w.clock.Load()).Hours(), strings.Join(did, "; "))
	for i, worker := range s.workers {
		for _, c := range worker {
			if c.killed {
				w.faults["kill -9 of mogplex"]++
			}
			if c.broken.Load() {
				w.faults["Ctrl-C"]++
			}
			w.count(c)
			w.note("  %d %s", i+1, c.outcome())
			said := c.stderr
			if _, after, found := strings.Cut(said, "Press Ctrl-C to stop."); found {
				said = after // what a sign-in says at its start
			}
			if words := strings.Fields(w.redact(said)); len(words) > 0 {
				w.note("      said: %s", strings.Join(words, " "))
			}
		}
	}
}

// tell prints what was found since n, with the latest steps.
func (t *tally) tell(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n == len(t.findings) {
		return
	}
	t.say("\nThe last steps:\n%s\n\nFOUND, with seed %d: %s", strings.Join(t.latest, "\n"), t.seed,
		strings.Join(t.findings[n:], "\nFOUND: "))
	for _, text := range t.findings[n:] {
		_, _ = fmt.Fprintln(t.log, "FOUND:", text)
	}
}

// report prints the numbers.
func (t *tally) report(length time.Duration) {
	t.say("\n%d rounds, %d steps, %d commands, %d faults in %s of %s", t.rounds, t.steps, sum(t.commands), sum(t.faults),
		time.Since(t.began).Round(time.Second), length)
	t.say("\n%-32s %8s  %s", "command", "runs", "longest")
	for _, name := range slices.Sorted(maps.Keys(t.commands)) {
		t.say("%-32s %8d  %s", name, t.commands[name], t.longest[name].Round(time.Millisecond))
	}
	t.say("\n%-32s %8s", "fault", "times")
	for _, name := range slices.Sorted(maps.Keys(t.faults)) {
		t.say("%-32s %8d", name, t.faults[name])
	}
	t.say("")
	for _, row := range []struct {
		name  string
		count int
	}{
		{"sign-ins in the browser", t.signIns}, {"refreshes", t.renewals},
		{"answer lost with its process", t.answersLost}, {"blank item of the keychain's own", t.blanks},
		{"losses", t.kinds[loss]}, {"leaks", t.kinds[leak]}, {"overruns", t.kinds[overrun]},
		{"other findings", t.kinds[other]},
	} {
		t.say("%-32s %8d", row.name, row.count)
	}
	if len(t.findings) > 0 {
		t.say("\n%d findings with seed %d. The log is %s.", len(t.findings), t.seed, t.log.Name())
	}
}

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// randomText is a provider's key.
func randomText() string { return rand.Text() + rand.Text() }
