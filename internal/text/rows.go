package text

import "strings"

// Row is a part of a text, in bytes, that is drawn on one line of the screen.
type Row struct {
	Start, End int
	Indent     int // columns before it
}

// Drawn returns the row of s as it is drawn, without the spaces at its end. Terminals disagree on the width of joined
// emoji, so it draws their parts one by one.
func (r Row) Drawn(s string) string {
	s = strings.TrimRight(s[r.Start:r.End], " \t")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\t", tab), string(zwj), "")
	return strings.Repeat(" ", r.Indent) + s
}

// Rows lays s out on lines of at most width columns, at least two. It breaks a line after a space or at a wide character
// if it has one, else anywhere; spaces at the end of a row may exceed the width. It returns at least one row, and an
// empty row for each empty line.
func Rows(s string, width int) []Row {
	var all []Row
	start := 0
	for {
		length := strings.IndexByte(s[start:], '\n')
		if length < 0 {
			return appendRows(all, s, start, len(s), width, 0)
		}
		all = appendRows(all, s, start, start+length, width, 0)
		start += length + 1
	}
}

// LineRows appends to all the rows of one line, which has no newline. Rows after the first are indented by hang columns.
func LineRows(all []Row, line string, width, hang int) []Row {
	return appendRows(all, line, 0, len(line), width, hang)
}

// appendRows lays out s[start:end], which has no newline.
func appendRows(all []Row, s string, start, end, width, hang int) []Row {
	width = max(width, 2) // a wide character fits
	column, gap, indent := 0, start, 0
	for at := start; at < end; {
		size, columns := Cluster(s[at:end])
		blank := size == 1 && (s[at] == ' ' || s[at] == '\t')
		if !blank && column+columns > width && at > start {
			cut := at
			if gap > start && columns < 2 {
				cut = gap
			}
			all = append(all, Row{start, cut, indent})
			start, gap, column = cut, cut, Columns(s[cut:at])
			if indent == 0 {
				indent, width = hang, max(2, width-hang)
			}
			if column > width { // it fitted into the first row
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
	return append(all, Row{start, end, indent})
}

// Hang returns the indentation of the rows after the first of a line: that of the line or, in a table, that of the last
// column with enough room for the rest, its longest word included.
func Hang(line string, width int, table bool) int {
	indent := min(len(line)-len(strings.TrimLeft(line, " ")), width/2)
	if !table {
		return indent
	}
	room := width / 2
	for word := range strings.FieldsSeq(line) {
		room = min(room, width-Columns(word))
	}
	for at := 2; at < len(line); at++ {
		if line[at] == ' ' || line[at-2:at] != "  " {
			continue
		}
		column := Columns(line[:at])
		if column > room {
			break
		}
		indent = column
	}
	return indent
}

// Wrap breaks the lines of s between words, to width columns, and drops the spaces at the beginning of each line. A word
// that is longer than a line, such as an address, stays whole, so that it can be copied.
func Wrap(s string, width int) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		column := 0
		for word := range strings.SplitSeq(line, " ") {
			size := Columns(word)
			if column > 0 && column+1+size > width {
				b.WriteByte('\n')
				column = 0
			} else if column > 0 {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += size
		}
	}
	return b.String()
}
