package tui

import (
	"slices"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// How much a transcript keeps.
const (
	keptLines = 10_000
	keptBytes = 4 << 20
)

// trim drops the oldest lines beyond the limits, but never the last line.
func (t *transcript) trim() {
	before := t.total
	for t.lines > keptLines || t.bytes > keptBytes {
		first := 0
		if t.cut {
			first = 1
		}
		if first == len(t.entries)-1 && len(t.entries[first].lines) == 1 {
			break
		}
		if !t.cut {
			gone := &entry{kind: talk.Noticed, lines: []entryLine{{text: "Older lines were dropped."}}}
			t.entries, t.cut = slices.Insert(t.entries, 0, gone), true
			t.lay(talk.Noticed, &gone.lines[0])
			continue
		}
		t.forget(first)
	}
	t.above = max(0, t.above-(before-t.total))
}

// forget drops the first line of an entry, and the entry with its last line.
func (t *transcript) forget(at int) {
	e := t.entries[at]
	t.lines--
	t.bytes -= len(e.lines[0].text)
	t.total -= len(e.lines[0].rows)
	e.lines = slices.Delete(e.lines, 0, 1)
	if len(e.lines) == 0 {
		t.total -= e.gap
		t.entries = slices.Delete(t.entries, at, at+1)
	}
}
