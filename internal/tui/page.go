package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// margin is how many columns stay empty at the left.
const margin = 2

// rank is the order in which a page drops its parts if the window is small.
type rank int

const (
	needed rank = iota
	spare       // dropped after the empty lines
	empty       // dropped first
)

// part is lines of a page that are dropped together.
type part struct {
	rank  rank
	lines []string
	short string // replaces the lines if they do not fit; may be empty
}

// page lays out a screen of text: a title, wrapped paragraphs, and the keys at the foot. It is as high as the window: if
// that is too low, blank lines are dropped first, then spare parts, then the end.
type page struct {
	theme  *theme
	window size
	parts  []part
	keys   []string
	typed  int // the part with the input; 0 for none
	column int // of the cursor in it
}

func newPage(t *theme, window size, title string) *page {
	p := &page{theme: t, window: window}
	p.blank()
	p.add(spare, p.indent(0)+t.title.Styled("mogplex")+t.muted.Styled("  "+text.Shorten(title, max(0, window.width-13))))
	p.blank()
	return p
}

// width is how many columns a paragraph has: long lines are hard to read.
func (p *page) width() int { return max(1, min(p.window.width-2*margin, 76)) }

func (p *page) indent(by int) string { return strings.Repeat(" ", margin+by) }

func (p *page) add(r rank, lines ...string) { p.parts = append(p.parts, part{rank: r, lines: lines}) }

func (p *page) blank() { p.add(empty, "") }

// say adds a paragraph.
func (p *page) say(style ansi.Style, text string) { p.paragraph(needed, style, text, 0) }

// brief adds a paragraph that has a short form for a small window.
func (p *page) brief(style ansi.Style, long, short string) {
	p.say(style, long)
	p.parts[len(p.parts)-1].short = p.indent(0) + style.Styled(text.Shorten(text.Line(short), p.width()))
}

// also adds a line to the previous part.
func (p *page) also(style ansi.Style, s string) {
	last := &p.parts[len(p.parts)-1]
	last.lines = append(last.lines, p.indent(0)+style.Styled(text.Shorten(text.Line(s), p.width())))
}

// hint adds a paragraph that a small window drops.
func (p *page) hint(text string) {
	if text != "" {
		p.paragraph(spare, p.theme.muted, text, 0)
	}
}

func (p *page) paragraph(r rank, style ansi.Style, s string, by int) {
	s = text.Clean(s)
	var lines []string
	for _, row := range text.Rows(s, p.width()-by) {
		lines = append(lines, p.indent(by)+style.Styled(row.Drawn(s)))
	}
	p.add(r, lines...)
}

// problem adds a failure and what to do about it.
func (p *page) problem(of talk.Problem) {
	p.say(p.theme.bad, of.Text)
	if of.Hint != "" {
		p.blank()
		p.say(p.theme.plain, of.Hint)
	}
}

// address adds an address as a link. It starts in the first column, so that copying its lines adds nothing to it. If it
// does not fit, its beginning is shown.
func (p *page) address(url string) {
	link := func(text string) string {
		return ansi.SetHyperlink(url, "id=address") + p.theme.accent.Styled(text) + ansi.ResetHyperlink()
	}
	whole := part{short: link(text.Shorten(url, p.window.width))}
	for _, row := range text.Rows(url, p.window.width) {
		whole.lines = append(whole.lines, link(row.Drawn(url)))
	}
	p.parts = append(p.parts, whole)
}

// input adds a hidden input, with the cursor.
func (p *page) input(h *hidden) {
	shown := text.Shorten(h.shown(), p.width()-3)
	p.typed, p.column = len(p.parts), margin+2+text.Columns(shown)
	p.add(needed, p.indent(0)+p.theme.accent.Styled("› ")+shown)
}

// foot sets the keys in the last line.
func (p *page) foot(keys ...string) { p.keys = keys }

// drawn draws the page, and returns its cursor.
func (p *page) drawn() (string, *tea.Cursor) {
	room := p.window.height
	if p.keys != nil {
		room--
	}
	var lines []string
	var cursor *tea.Cursor
	for i, part := range p.fitted(room) {
		if i == p.typed && i > 0 && len(lines) < room {
			cursor = tea.NewCursor(p.column, len(lines))
		}
		lines = append(lines, part.lines...)
	}
	lines = append(lines, make([]string, p.window.height)...)[:p.window.height]
	if p.keys != nil {
		lines = append(lines[:room:room], p.indent(0)+p.theme.muted.Styled(p.footLine()))
	}
	return strings.Join(lines, "\n"), cursor
}

// fitted returns the parts; dropped parts have no lines.
func (p *page) fitted(room int) []part {
	height := map[rank]int{}
	for _, part := range p.parts {
		height[part.rank] += len(part.lines)
	}
	for i := range p.parts {
		if part := &p.parts[i]; height[needed] > room && part.short != "" {
			height[needed] -= len(part.lines) - 1
			part.lines = []string{part.short}
		}
	}
	over := height[needed] + height[spare] + height[empty] - room
	for _, r := range []rank{empty, spare} {
		for i := len(p.parts) - 1; i >= 0 && over > 0; i-- {
			if part := &p.parts[i]; part.rank == r {
				over -= len(part.lines)
				part.lines = nil
			}
		}
	}
	return p.parts
}

// footLine is as many of the keys as fit. The last ones lead out, so they stay.
func (p *page) footLine() string {
	width := p.window.width - 2*margin
	for keys := p.keys; ; keys = keys[1:] {
		if line := strings.Join(keys, " · "); text.Columns(line) <= width || len(keys) == 1 {
			return text.Shorten(line, width)
		}
	}
}
