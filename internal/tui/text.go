package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// tab is what a tab is drawn as.
const tab = "    "

// Signs of no width that words are spelled with, and emoji put together with.
const (
	noJoin = '\u200c'
	join   = '\u200d'
)

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// clean takes out of a text from elsewhere what could steer a terminal or
// reorder a line: control characters and bidirectional marks. Newlines, tabs and
// joiners stay: a prompt is sent as it was typed.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == noJoin || r == join:
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}

// oneLine is clean for a text that has to stay on its line, such as a name.
func oneLine(text string) string {
	return strings.Join(strings.Fields(unjoined.Replace(clean(text))), " ")
}

var unjoined = strings.NewReplacer(string(noJoin), "", string(join), "")

// row is the part of a text, in bytes, that is drawn on one line of the screen.
type row struct {
	start, end int
	indent     int // columns before it
}

// rows lays a text out on lines of at most width columns. A line is broken
// behind a space or at a wide character where there is one, else anywhere.
// Spaces at its end may hang over: [drawn] leaves them out. There is at least
// one row.
func rows(text string, width int) []row {
	var all []row
	for start := 0; ; {
		length := strings.IndexByte(text[start:], '\n')
		if length < 0 {
			return appendRows(all, text, start, len(text), width, 0)
		}
		all = appendRows(all, text, start, start+length, width, 0)
		start += length + 1
	}
}

// appendRows lays out text[start:end], which has no newline. All rows but the
// first hang: they are indented by as many columns.
func appendRows(all []row, text string, start, end, width, hang int) []row {
	width = max(width, 2) // a wide character fits
	column, gap, indent := 0, start, 0
	for at := start; at < end; {
		size, columns := cluster(text[at:end])
		blank := size == 1 && (text[at] == ' ' || text[at] == '\t')
		if !blank && column+columns > width && at > start {
			cut := at
			if gap > start && columns < 2 {
				cut = gap
			}
			all = append(all, row{start, cut, indent})
			start, gap, column = cut, cut, columnsOf(text[cut:at])
			if indent == 0 {
				indent, width = hang, max(2, width-hang)
			}
			if column > width { // it fitted the first row
				at, column = cut, 0
			}
			continue
		}
		at += size
		column += columns
		if blank || columns == 2 {
			gap = at
		}
	}
	return append(all, row{start, end, indent})
}

// hanging is how far a line goes on below its beginning: below its indent or, in
// the tables that mogplex tells, below the last column that leaves room enough,
// for the longest word too.
func hanging(k kind, text string, width int) int {
	indent := min(len(text)-len(strings.TrimLeft(text, " ")), width/2)
	if k != noticed {
		return indent
	}
	room := width / 2
	for _, word := range strings.Fields(text) {
		room = min(room, width-columnsOf(word))
	}
	for at := 2; at < len(text); at++ {
		if text[at] == ' ' || text[at-2:at] != "  " {
			continue
		}
		column := columnsOf(text[:at])
		if column > room {
			break
		}
		indent = column
	}
	return indent
}

// drawn is a row as it is drawn. What is joined is drawn apart: terminals do not
// agree on how wide it is.
func (r row) drawn(text string) string {
	return strings.Repeat(" ", r.indent) + drawing.Replace(strings.TrimRight(text[r.start:r.end], " \t"))
}

var drawing = strings.NewReplacer("\t", tab, string(join), "")

// cluster measures the first character of a text, with its marks: in bytes, and
// in columns. Terminals do not agree on the columns of some scripts; it tells
// the most.
func cluster(text string) (size, columns int) {
	switch {
	case text[0] == '\t':
		return 1, len(tab)
	case text[0] < utf8.RuneSelf && (len(text) == 1 || text[1] < utf8.RuneSelf):
		return 1, 1
	}
	first, columns := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
	_, older := ansi.FirstGraphemeCluster(text, ansi.WcWidth)
	if part, _, joined := strings.Cut(first, string(join)); joined { // it is drawn apart
		return len(part) + utf8.RuneLen(join), columnsOf(part)
	}
	return len(first), max(columns, older)
}

// columnsOf is how many columns a text takes, measured as rows measures it.
func columnsOf(text string) int {
	total := 0
	for len(text) > 0 {
		size, columns := cluster(text)
		text, total = text[size:], total+columns
	}
	return total
}

// shorten cuts a text to width columns, and shows that it did.
func shorten(text string, width int) string {
	if columnsOf(text) <= width {
		return text
	}
	at, left := 0, width-1
	for at < len(text) {
		size, columns := cluster(text[at:])
		if left -= columns; left < 0 {
			break
		}
		at += size
	}
	if width < 1 {
		return ""
	}
	return text[:at] + "…"
}
