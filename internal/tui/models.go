package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// picker is the list of models to pick from. Typing filters it.
type picker struct {
	all     []talk.Model
	shown   []talk.Model
	note    string // how old the list is, and why; may be empty
	current string // the model that answers now
	filter  string
	at      int
}

func newPicker(all []talk.Model, current, note string) *picker {
	p := &picker{all: all, current: current, note: note}
	p.refilter()
	for i, m := range p.shown {
		if m.ID == current {
			p.at = i
		}
	}
	return p
}

// refilter shows the models that contain every word of the filter.
func (p *picker) refilter() {
	p.shown, p.at = nil, 0
	words := strings.Fields(strings.ToLower(p.filter))
	for _, m := range p.all {
		known := strings.ToLower(strings.Join(append([]string{m.ID, m.Provider, m.Name}, m.Capabilities...), " "))
		fits := true
		for _, word := range words {
			fits = fits && strings.Contains(known, word)
		}
		if fits {
			p.shown = append(p.shown, m)
		}
	}
}

// press takes a key or a paste. It returns the picked model, if any, and whether the list is left.
func (p *picker) press(msg tea.Msg, page int) (picked string, done bool) {
	filter := p.filter
	switch msg := msg.(type) {
	case tea.PasteMsg:
		filter += text.Line(msg.Content)
	case tea.KeyPressMsg:
		switch msg.Keystroke() {
		case "esc":
			return "", true
		case "enter":
			if len(p.shown) > 0 {
				return p.shown[p.at].ID, true
			}
		case "backspace", "ctrl+h":
			filter = filter[:(&composer{text: filter, at: len(filter)}).before()]
		case "ctrl+u":
			filter = ""
		default:
			p.move(msg.Keystroke(), page)
			filter += text.Clean(msg.Text)
		}
	}
	if filter = text.Shorten(filter, 100); filter != p.filter {
		p.filter = filter
		p.refilter()
	}
	return "", false
}

func (p *picker) move(stroke string, page int) {
	steps := map[string]int{"up": -1, "ctrl+p": -1, "down": 1, "ctrl+n": 1, "pgup": -page, "pgdown": page,
		"home": -len(p.all), "end": len(p.all)}
	p.at = max(0, min(p.at+steps[stroke], len(p.shown)-1))
}

// window returns the part of n rows to show in height lines, so that row at is visible.
func window(n, at, height int) (from, to int) {
	from = max(0, min(at-height/2, n-height))
	return from, min(n, from+height)
}

func (p *picker) view(t *theme, room size) []string {
	inner := room.width - 2*margin
	count := fmt.Sprintf("%d of %d", len(p.shown), len(p.all))
	lines := []string{sides{
		[]string{"Which model should answer?", "Which model?"},
		[]string{count + " · context · $ per 1M tokens in / out", count}, t.strong, t.muted,
	}.drawn(room.width)}
	if p.note != "" {
		lines = append(lines, strings.Repeat(" ", margin)+t.bad.Styled(text.Shorten(p.note, inner)))
	}
	filter := t.muted.Styled(text.Shorten("type to search", inner))
	if p.filter != "" {
		filter = text.Shorten(p.filter, inner)
	}
	lines = append(lines, t.accent.Styled("/ ")+filter)
	from, to := window(len(p.shown), p.at, room.height-len(lines)-1)
	for i := from; i < to; i++ {
		lines = append(lines, p.line(t, p.shown[i], i == p.at, room.width))
	}
	if len(p.shown) == 0 {
		lines = append(lines, "  "+t.muted.Styled(text.Shorten("No model has that in its name. Backspace takes it back.", inner)))
	}
	lines = append(lines, make([]string, max(0, room.height-len(lines)-1))...)
	foot := []string{"↑ ↓ choose · Enter takes it · Esc goes back", "↑ ↓ · Enter · Esc"}
	return append(lines, sides{foot, []string{""}, t.muted, t.muted}.drawn(room.width))
}

func (p *picker) line(t *theme, m talk.Model, chosen bool, width int) string {
	sign, style := " ", t.plain
	if m.ID == p.current {
		sign = "•"
	}
	if chosen {
		sign, style = ">", t.accent
	}
	context, price, _ := m.Details()
	known := []string{fmt.Sprintf("%5s  %14s", context, price)}
	if width < 60 {
		known = []string{fmt.Sprintf("%5s", context), ""}
	}
	line := sides{[]string{text.Line(m.ID)}, known, style, t.muted}.drawn(width)
	return t.accent.Styled(sign) + line[1:]
}
