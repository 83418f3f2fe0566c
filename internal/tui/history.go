package tui

import "slices"

// history is the lines typed since the app started, oldest first. It is never stored.
type history struct {
	lines []string
	at    int    // the line shown; len(lines) for the draft
	draft string // the unfinished line, from before going back
}

// add appends a line and starts a new draft.
func (h *history) add(line string) {
	h.lines = slices.DeleteFunc(h.lines, func(old string) bool { return old == line })
	h.lines = append(h.lines, line)
	if over := len(h.lines) - 500; over > 0 {
		h.lines = slices.Delete(h.lines, 0, over)
	}
	h.at, h.draft = len(h.lines), ""
}

// move goes back (-1) or forward (+1), and returns the line there. Shown is the composer's text.
func (h *history) move(step int, shown string) (string, bool) {
	to := h.at + step
	if to < 0 || to > len(h.lines) {
		return "", false
	}
	if h.at == len(h.lines) {
		h.draft = shown
	}
	h.at = to
	if to == len(h.lines) {
		return h.draft, true
	}
	return h.lines[to], true
}
