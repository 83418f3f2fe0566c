//go:build !windows

package terminal

import (
	"slices"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// Cell is one place on the screen: a character of Width columns, its style (a nil colour is the terminal's default) and
// its hyperlink. The column after a character of two columns has Width 0.
type Cell = uv.Cell

// Screen is the content of a terminal at one moment.
type Screen struct {
	Size      Size
	Cells     [][]Cell // by row and column
	Cursor    Cursor
	Alternate bool // the command uses the alternate screen
}

// Cursor is where the next character goes.
type Cursor struct {
	Column, Row int // from 0
	Hidden      bool
}

// screen copies the emulator's screen. During a synchronized update it returns the screen before it.
func (t *Terminal) screen() Screen {
	if t.held != nil {
		return *t.held
	}
	e, position := t.emulator, t.emulator.CursorPosition()
	s := Screen{
		Size:      Size{e.Width(), e.Height()},
		Cells:     make([][]Cell, e.Height()),
		Cursor:    Cursor{Column: position.X, Row: position.Y, Hidden: e.CursorHidden()},
		Alternate: e.IsAltScreen(),
	}
	for y := range s.Cells {
		s.Cells[y] = make([]Cell, s.Size.Columns)
		for x := range s.Cells[y] {
			if cell := e.CellAt(x, y); cell != nil {
				s.Cells[y][x] = *cell
			}
		}
	}
	return s
}

// String returns the text of the screen without blanks at the ends of rows and without empty rows at its end.
func (s Screen) String() string {
	var text strings.Builder
	for _, row := range s.Cells {
		var line strings.Builder
		for _, cell := range row {
			line.WriteString(cell.Content)
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimRight(text.String(), "\n")
}

// Contains reports whether a text is on the screen, whatever its line breaks and runs of blanks.
func (s Screen) Contains(text string) bool {
	return strings.Contains(words(s.String()), words(text))
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Links returns the addresses of the hyperlinks (OSC 8) on the screen in the order in which they appear, each once.
func (s Screen) Links() []string {
	var links []string
	for _, row := range s.Cells {
		for _, cell := range row {
			if url := cell.Link.URL; url != "" && !slices.Contains(links, url) {
				links = append(links, url)
			}
		}
	}
	return links
}
