//go:build linux

package main

import (
	"strings"

	uv "github.com/charmbracelet/ultraviolet"

	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// look is the appearance of a cell: colours as SVG has them, empty for the
// window's own, and classes of the style sheet.
type look struct{ foreground, background, class string }

// run is neighbours in a row that look the same.
type run struct {
	look
	column int
	cells  []terminal.Cell // one for each column
}

// piece is a text of a run. It neither begins nor ends with a blank and has no
// two in a row, which SVG would make one.
type piece struct {
	column, columns int
	text            string
}

// runs cuts a row into runs, the cursor's among them.
func runs(screen terminal.Screen, row int) []run {
	var found []run
	for x, cell := range screen.Cells[row] {
		l, last := lookOf(cell), len(found)-1
		if c := screen.Cursor; !c.Hidden && c.Row == row && c.Column == x {
			l = look{foreground: background, background: foreground}
		}
		if last >= 0 && (cell.Width == 0 || cell.Content == " " && blankFits(l, found[last].look)) {
			l = found[last].look
		}
		if last < 0 || found[last].look != l {
			found = append(found, run{look: l, column: x})
			last++
		}
		found[last].cells = append(found[last].cells, cell)
	}
	return found
}

// blankFits tells whether a blank may as well be of its neighbour's look: only its
// background is to be seen, unless there is a line.
func blankFits(blank, neighbour look) bool {
	lined := func(l look) bool { return strings.ContainsAny(l.class, "us") }
	return blank.background == neighbour.background && !lined(blank) && !lined(neighbour)
}

// pieces returns the texts of a run.
func (r run) pieces() []piece {
	var found []piece
	blanks := 0
	for i, cell := range r.cells {
		switch {
		case cell.Width == 0:
			continue
		case cell.Content == " ":
			blanks++
			continue
		case len(found) == 0 || blanks > 1:
			found = append(found, piece{column: r.column + i})
		case blanks == 1:
			found[len(found)-1].text += " "
		}
		last := &found[len(found)-1]
		last.text += cell.Content
		last.columns = r.column + i + cell.Width - last.column
		blanks = 0
	}
	return found
}

func lookOf(cell terminal.Cell) look {
	style := cell.Style
	l := look{foreground: hex(style.Fg), background: hex(style.Bg)}
	if style.Attrs&uv.AttrReverse != 0 {
		l.foreground, l.background = or(l.background, background), or(l.foreground, foreground)
	}
	var classes []string
	for _, c := range []struct {
		on   bool
		name string
	}{
		{style.Attrs&uv.AttrBold != 0, "b"},
		{style.Attrs&uv.AttrFaint != 0, "d"},
		{style.Attrs&uv.AttrItalic != 0, "i"},
		{style.Underline != uv.UnderlineNone, "u"},
		{style.Attrs&uv.AttrStrikethrough != 0, "s"},
	} {
		if c.on {
			classes = append(classes, c.name)
		}
	}
	l.class = strings.Join(classes, " ")
	return l
}

func or(colour, other string) string {
	if colour == "" {
		return other
	}
	return colour
}
