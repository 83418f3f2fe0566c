//go:build !windows

package terminal

import (
	"slices"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// Cell is one place of the screen: a character of Width columns, its colours (nil
// for the terminal's own) and attributes, and the address it links to. The column
// after a character of two columns has Width 0.
type Cell = uv.Cell

// Screen is what a terminal shows at one moment.
type Screen struct {
	Size      Size
	Cells     [][]Cell // by row and column
	Cursor    Cursor
	Alternate bool // the command has the screen for itself, and gives it back
	Title     string
}

// Cursor is where the next character goes.
type Cursor struct {
	Column, Row int // from 0
	Hidden      bool
}

// shown copies the emulator's screen, or the one before the update in progress.
func (t *Terminal) shown() Screen {
	if t.held != nil {
		return *t.held
	}
	e, position := t.emulator, t.emulator.CursorPosition()
	s := Screen{
		Size:      Size{e.Width(), e.Height()},
		Cells:     make([][]Cell, e.Height()),
		Cursor:    Cursor{Column: position.X, Row: position.Y, Hidden: e.CursorHidden()},
		Alternate: e.IsAltScreen(),
		Title:     t.title,
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

// Lines returns the text of each row without the blanks at its end.
func (s Screen) Lines() []string {
	lines := make([]string, len(s.Cells))
	for y, row := range s.Cells {
		var line strings.Builder
		for _, cell := range row {
			line.WriteString(cell.Content)
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return lines
}

// String returns the text of the screen, without the empty rows at its end.
func (s Screen) String() string {
	return strings.TrimRight(strings.Join(s.Lines(), "\n"), "\n")
}

// Contains tells whether a text is on the screen. Any white space is as good as
// any other: a text may go on in the next row.
func (s Screen) Contains(text string) bool {
	return strings.Contains(words(s.String()), words(text))
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Links returns the addresses of the hyperlinks on the screen (OSC 8), each once,
// in the order in which they are shown.
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
