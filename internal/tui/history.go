package tui

import "slices"

// history is what was typed, oldest first, for as long as the app runs. It is
// written nowhere.
type history struct {
	lines []string
	at    int    // the line that is shown; len(lines) is the draft
	draft string // what was being typed before going back
}

// add remembers a line, and goes to a new draft.
func (h *history) add(line string) {
	h.lines = slices.DeleteFunc(h.lines, func(old string) bool { return old == line })
	h.lines = append(h.lines, line)
	if over := len(h.lines) - 500; over > 0 {
		h.lines = slices.Delete(h.lines, 0, over)
	}
	h.at, h.draft = len(h.lines), ""
}

// move goes back (-1) or on (+1), and returns the line there. Shown is what is
// in the composer now.
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
