package tui

import (
	"strings"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// entry is one text, its lines laid out for the current width.
type entry struct {
	kind  talk.Kind
	gap   int // blank lines above
	lines []entryLine
}

type entryLine struct {
	text string
	rows []text.Row
}

// transcript is the latest of what was said, and which part of it is visible. It stays at the end unless the person
// scrolls up.
type transcript struct {
	entries       []*entry
	width, height int
	lines, bytes  int    // of the entries' texts
	total         int    // rows of all entries
	above         int    // rows scrolled out at the top
	scrolled      bool   // scrolled up: new text does not move it
	cut           bool   // the first entry says that older ones were dropped
	answering     *entry // the answer that is being written
}

// say adds an entry.
func (t *transcript) say(k talk.Kind, said string) *entry {
	if k == talk.Prompted {
		t.scrolled = false
	}
	e := &entry{kind: k, lines: []entryLine{{}}}
	if len(t.entries) > 0 {
		last := t.entries[len(t.entries)-1].kind
		if k == talk.Prompted || k == talk.Answered || last == talk.Answered {
			e.gap = 1
		}
	}
	t.add(e)
	t.more(e, said)
	return e
}

func (t *transcript) add(e *entry) {
	t.entries = append(t.entries, e)
	t.lines++
	t.total += e.gap
}

// answer adds a piece to the answer; the first begins it.
func (t *transcript) answer(piece string, first bool) {
	if first {
		t.answering = t.say(talk.Answered, piece)
		return
	}
	t.more(t.answering, piece)
}

// more adds to the end of an entry. Only its last line is laid out again. A dropped entry starts again at the end.
func (t *transcript) more(e *entry, added string) {
	if len(e.lines) == 0 {
		e.lines = []entryLine{{}}
		t.add(e)
	}
	for i, piece := range strings.Split(text.Clean(added), "\n") {
		if i > 0 {
			e.lines = append(e.lines, entryLine{})
			t.lines++
		}
		last := &e.lines[len(e.lines)-1]
		last.text += piece
		t.bytes += len(piece)
		t.lay(e.kind, last)
	}
	t.trim()
	t.follow()
}

// lay lays out a line at the current width.
func (t *transcript) lay(k talk.Kind, line *entryLine) {
	t.total -= len(line.rows)
	line.rows = text.LineRows(line.rows[:0], line.text, t.width, text.Hang(line.text, t.width, k == talk.Noticed))
	t.total += len(line.rows)
}

// clear forgets everything.
func (t *transcript) clear() { *t = transcript{width: t.width, height: t.height} }

// resize lays everything out again if the width changed, and keeps what was at the top there.
func (t *transcript) resize(width, height int) {
	t.height = height
	if width != t.width {
		top, line, offset := t.place(t.above)
		t.width, t.total = width, 0
		for i, e := range t.entries {
			if i == top {
				t.above = t.total
			}
			t.total += e.gap
			for j := range e.lines {
				e.lines[j].rows = e.lines[j].rows[:0]
				before := t.total
				t.lay(e.kind, &e.lines[j])
				if i == top && j == line {
					t.above = before + e.lines[j].rowAt(offset)
				}
			}
		}
	}
	t.follow()
}

// place returns what a row shows: an entry, its line (-1 for the gap above it), and the offset in that line's text.
func (t *transcript) place(row int) (index, line, offset int) {
	index, row = t.find(row)
	if index == len(t.entries) || row < t.entries[index].gap {
		return index, -1, 0
	}
	row -= t.entries[index].gap
	for line, of := range t.entries[index].lines {
		if row < len(of.rows) {
			return index, line, of.rows[row].Start
		}
		row -= len(of.rows)
	}
	return index, -1, 0
}

// rowAt returns the row of an offset in the text.
func (l *entryLine) rowAt(offset int) int {
	at := 0
	for at < len(l.rows)-1 && l.rows[at+1].Start <= offset {
		at++
	}
	return at
}

// scroll moves the visible part.
func (t *transcript) scroll(lines int) {
	t.above += lines
	t.scrolled = t.above < t.total-t.height
	t.follow()
}

// press scrolls if the key does that, and reports whether it does.
func (t *transcript) press(stroke string) bool {
	page := max(1, t.height-1)
	switch stroke {
	case "pgup":
		t.scroll(-page)
	case "pgdown":
		t.scroll(page)
	case "shift+up":
		t.scroll(-1)
	case "shift+down":
		t.scroll(1)
	case "ctrl+home":
		t.scroll(-t.total)
	case "ctrl+end":
		t.scroll(t.total)
	default:
		return false
	}
	return true
}

func (t *transcript) follow() {
	end := max(0, t.total-t.height)
	if !t.scrolled || t.above > end {
		t.above, t.scrolled = end, false
	}
	t.above = max(0, t.above)
}

// below is how many rows are scrolled out at the end.
func (t *transcript) below() int { return t.total - t.above - t.height }

// find returns the entry of a row, and the row within it.
func (t *transcript) find(line int) (index, before int) {
	for i, e := range t.entries {
		if size := e.size(); line >= size {
			line -= size
			continue
		}
		return i, line
	}
	return len(t.entries), 0
}

func (e *entry) size() int {
	size := e.gap
	for _, line := range e.lines {
		size += len(line.rows)
	}
	return size
}

// shown calls draw with each visible row, from the top: its kind, its text, and whether it is its entry's first.
func (t *transcript) shown(draw func(k talk.Kind, text string, first bool)) {
	from, skip := t.find(t.above)
	left := t.height
	for _, e := range t.entries[from:] {
		left, skip = e.shown(skip, left, draw), 0
	}
}

// shown draws at most left rows of the entry, after the first skip, and returns how much room remains.
func (e *entry) shown(skip, left int, draw func(k talk.Kind, text string, first bool)) int {
	if skip < e.gap && left > 0 {
		draw(e.kind, "", false)
		left--
	}
	skip = max(0, skip-e.gap)
	for i, line := range e.lines {
		for j, r := range line.rows[min(skip, len(line.rows)):] {
			if left == 0 {
				return 0
			}
			draw(e.kind, r.Drawn(line.text), i+skip+j == 0)
			left--
		}
		skip = max(0, skip-len(line.rows))
	}
	return left
}
