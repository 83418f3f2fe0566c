package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// What a report counts. The latter four are the kinds of findings.
const (
	refreshCount = "refreshes"
	faultCount   = "faults"
	lostCount    = "answer lost with its process"

	loss    = "losses"
	leak    = "leaks"
	overrun = "overruns"
	other   = "other findings"
)

// report counts what was done and found, and keeps the log of the current round. Neither ever holds a secret.
type report struct {
	out              io.Writer
	began            time.Time
	rounds, commands int

	mu     sync.Mutex
	log    []string
	counts map[string]int
}

func newReport(out io.Writer) *report {
	return &report{out: out, began: time.Now(), counts: map[string]int{}}
}

func (r *report) say(format string, args ...any) { fmt.Fprintf(r.out, format+"\n", args...) }

// note adds a line to the round's log.
func (r *report) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, time.Since(r.began).Round(time.Millisecond).String()+" "+fmt.Sprintf(format, args...))
}

func (r *report) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// find adds a finding.
func (r *report) find(kind, format string, args ...any) {
	r.note("FOUND, "+kind+": "+format, args...)
	r.count(kind)
}

// found is the number of findings.
func (r *report) found() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[loss] + r.counts[leak] + r.counts[overrun] + r.counts[other]
}

// explain prints the end of the round's log, which has the findings.
func (r *report) explain(seed uint64) {
	r.say("\nRound %d of seed %d:\n%s", r.rounds, seed, strings.Join(r.log[max(0, len(r.log)-80):], "\n"))
}

// summarize prints the numbers.
func (r *report) summarize() {
	r.say("\n%d rounds, %d commands in %s", r.rounds, r.commands, time.Since(r.began).Round(time.Second))
	for _, what := range []string{refreshCount, faultCount, lostCount, loss, leak, overrun, other} {
		r.say("%-30s %6d", what, r.counts[what])
	}
}
