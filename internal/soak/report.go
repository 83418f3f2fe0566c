package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// kept is how many steps are shown where something is found.
const kept = 50

// tally is what was done and found, and the log of it. Neither ever holds a secret.
type tally struct {
	seed   uint64
	stdout io.Writer
	log    *os.File
	latest []string
	began  time.Time

	rounds, steps       int
	commands            map[string]int
	longest             map[string]time.Duration
	faults              map[string]int
	mourned             map[*session]bool // whose loss was counted as a lost answer
	signIns, renewals   int
	answersLost, losses int
	blanks              int // items that gnome-keyring left without a value
	leaks, overruns     int
}

func newTally(seed uint64, stdout io.Writer) (tally, error) {
	log, err := os.CreateTemp("", fmt.Sprintf("mogplex-soak-%d-*.log", seed))
	t := tally{seed: seed, stdout: stdout, log: log, began: time.Now(), commands: map[string]int{},
		longest: map[string]time.Duration{}, faults: map[string]int{}, mourned: map[*session]bool{}}
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
	if t.latest = append(t.latest, line); len(t.latest) > kept {
		t.latest = t.latest[1:]
	}
}

// count adds a command.
func (t *tally) count(c *command) {
	t.commands[c.name]++
	t.longest[c.name] = max(t.longest[c.name], c.took)
}

// blame adds to what was found which command it was and what that said; nil stays nil.
func (w *world) blame(c *command, err error) error {
	if err == nil {
		return nil
	}
	said := strings.TrimSpace(c.stderr)
	if c.name != token {
		said += "\n" + strings.TrimSpace(c.stdout)
	}
	return fmt.Errorf("%s: %w\n%s", c.outcome(), err, w.redact(said))
}

// report prints what was done and found.
func (t *tally) report(length time.Duration, found error) {
	if found != nil {
		t.say("\nThe last %d steps:\n%s\n", len(t.latest), strings.Join(t.latest, "\n"))
	}
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
	t.say("\n%-32s %8d\n%-32s %8d", "sign-ins in the browser", t.signIns, "refreshes", t.renewals)
	t.say("%-32s %8d", "answer lost with its process", t.answersLost)
	t.say("%-32s %8d", "blank item of the keychain's own", t.blanks)
	t.say("%-32s %8d\n%-32s %8d\n%-32s %8d", "losses", t.losses, "leaks", t.leaks, "overruns", t.overruns)
	other := 0
	if found != nil && t.losses+t.leaks+t.overruns == 0 {
		other = 1
	}
	t.say("%-32s %8d", "other findings", other)
	if found != nil {
		t.say("\nFOUND, with seed %d, in step %d: %v\nThe log is %s.", t.seed, t.steps, found, t.log.Name())
	}
}

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}
