package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// view implements screen: header, transcript, completions, composer, and a line with keys.
func (c *cockpit) view(window size) (string, *tea.Cursor) {
	lines := c.header(window)
	room := window.height - len(lines)
	if c.picker != nil {
		c.transcript.resize(window.width-2*margin, room)
		return strings.Join(append(lines, c.picker.view(c.theme, size{window.width, room})...), "\n"), nil
	}
	c.composer.width = window.width - 2*margin
	typed, x, y := c.composer.view(max(1, min(8, window.height/3)))
	foot := append([]string{c.theme.rule(window.width)}, c.theme.prompted(typed)...)
	offered := c.offered(window.width, (room-len(foot)-1)*2/3)
	room -= len(foot) + 1 + len(offered)
	lines = append(lines, c.drawTranscript(size{window.width, room})...)
	lines = append(lines, offered...)
	y += len(lines) + 1
	lines = append(lines, foot...)
	lines = append(lines, c.statusLine(window.width))
	return strings.Join(lines, "\n"), tea.NewCursor(margin+x, y)
}

// prompted draws lines that a person typed.
func (t *theme) prompted(lines []string) []string {
	drawn := make([]string, len(lines))
	for i, line := range lines {
		drawn[i] = strings.Repeat(" ", margin) + line
		if i == 0 {
			drawn[i] = t.accent.Styled("> ") + line
		}
	}
	return drawn
}

// drawTranscript draws exactly as many lines as there is room for.
func (c *cockpit) drawTranscript(room size) []string {
	c.transcript.resize(room.width-2*margin, room.height)
	lines := c.transcript.drawn(c.theme)
	asked := slices.ContainsFunc(c.transcript.entries, func(e *entry) bool { return e.kind == talk.Prompted })
	if !asked && room.height > len(lines)+1 {
		next := "Ask anything. / shows commands."
		if !c.talk.Session().SignedIn && !c.talk.Unread() {
			next = "Type /login to sign in. / shows commands."
		}
		lines = append(lines, "", strings.Repeat(" ", margin)+c.theme.muted.Styled(text.Shorten(next, room.width-2*margin)))
	}
	return append(lines, make([]string, room.height-len(lines))...)
}

// drawn draws the visible lines. A sign in the margin shows what each is, because there may be no colour.
func (t *transcript) drawn(theme *theme) []string {
	var lines []string
	t.shown(func(k talk.Kind, text string, first bool) {
		sign, signs, style := " ", theme.muted, theme.plain
		switch k {
		case talk.Prompted:
			sign, signs, style = ">", theme.accent, theme.strong
		case talk.Noticed:
			sign = "·"
		case talk.Failed, talk.Warned:
			sign, signs, style = "!", theme.bad, theme.bad
		case talk.Suggested:
			style = theme.muted
		case talk.Happened:
			if sign = "·"; first {
				style = theme.muted
			}
		}
		if sign != " " && first {
			sign = signs.Styled(sign)
		} else {
			sign = " "
		}
		if text != "" {
			text = sign + " " + style.Styled(text)
		}
		lines = append(lines, text)
	})
	return lines
}

// offered draws at most height completions.
func (c *cockpit) offered(width, height int) []string {
	all, at := c.completion.choices, c.completion.at
	from, to := window(len(all), max(0, at), max(0, min(height, 12)))
	long := 0
	for _, one := range all[from:to] {
		long = max(long, text.Columns(one.text))
	}
	var lines []string
	for i := from; i < to; i++ {
		style := c.theme.muted
		if i == at {
			style = c.theme.accent
		}
		line := all[i].text + strings.Repeat(" ", long-text.Columns(all[i].text)+2) + all[i].help
		lines = append(lines, strings.Repeat(" ", margin)+style.Styled(text.Shorten(line, width-2*margin)))
	}
	return lines
}

// statusLine is the last line: what is running, or the keys.
func (c *cockpit) statusLine(width int) string {
	t := c.theme
	line := sides{[]string{"Enter sends · Ctrl+J new line · /help", "Enter sends · /help", "/help"}, []string{""}, t.muted, t.muted}
	if n := len(c.completion.choices); n > 0 {
		line.left = []string{"Tab completes · Enter sends", "Tab completes"}
		switch at := c.completion.at; {
		case at >= 0:
			line.right = []string{fmt.Sprintf("%d of %d", at+1, n)}
		case n > 1:
			line.right = []string{fmt.Sprintf("%d to choose from", n), ""}
		}
	}
	if c.composer.full {
		line.left, line.leftStyle = []string{"A prompt has at most 256 KiB; nothing was pasted.", "Too long; nothing was pasted."}, t.bad
	}
	if progress := c.progress(); progress != "" {
		line.left, line.right, line.leftStyle = []string{progress}, []string{"Esc interrupts", "Esc"}, t.accent
	}
	if below := c.transcript.below(); below > 0 {
		line.right = []string{fmt.Sprintf("%d lines below · PgDn", below), "PgDn"}
	}
	return line.drawn(width)
}

// progress names what has been running for long.
func (c *cockpit) progress() string {
	job := c.talk.Doing()
	if job == nil {
		return ""
	}
	took := c.now().Sub(job.Began)
	if took < talk.Patience {
		return ""
	}
	return fmt.Sprintf("%s %s… %d s", c.spinner(), job.Label, int(took.Seconds()))
}
