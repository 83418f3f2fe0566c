//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"strconv"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// Sizes in pixels. Characters of most fonts are 0.6 times as wide as they are high.
const (
	fontSize   = 14.0
	cellWidth  = 8.4
	cellHeight = 19.0
	baseline   = 14.0 // below the top of the row
	margin     = 18.0
	titleBar   = 34.0
	top        = titleBar + margin/2 // of the first row
)

// The colours of the window.
const (
	foreground = "#d6dbe3"
	background = "#14171d"
	edge       = "#3a414c"
)

// palette has the sixteen colours that every terminal chooses for itself: black, red, green, yellow, blue, magenta, cyan
// and white, then the bright ones.
var palette = [16]string{
	"#4b5362", "#ff7b72", "#56d364", "#e3b341", "#6cb6ff", "#d2a8ff", "#56d4dd", "#c4ccd6",
	"#7d8796", "#ffa198", "#7ee787", "#f2cc60", "#96d0ff", "#e2c5ff", "#96e6ee", "#f4f7fa",
}

const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" fill="%[5]s" role="img">
<title>%[3]s</title>
<style>
text{font:%[4]spx ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
.b{font-weight:700}.d{opacity:.6}
</style>
`

// draw draws a screen in a window. alt is the picture in words; public replaces addresses and paths of this machine.
// If the command does not use the whole screen, draw omits the empty rows at the end.
func draw(screen terminal.Screen, title, alt string, public *strings.Replacer) ([]byte, error) {
	rows := len(screen.Cells)
	if !screen.Alternate {
		rows = strings.Count(screen.String(), "\n") + 1
	}
	width := float64(screen.Size.Columns)*cellWidth + 2*margin
	height := top + float64(rows)*cellHeight + margin
	var b bytes.Buffer
	fmt.Fprintf(&b, head, number(width), number(height), escape(alt), number(fontSize), foreground)
	drawWindow(&b, width, height, title)
	if c := screen.Cursor; !c.Hidden {
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s"/>`+"\n",
			number(margin+float64(c.Column)*cellWidth), number(top+float64(c.Row)*cellHeight), number(cellWidth), number(cellHeight))
	}
	for y := range rows {
		pieces, err := cut(screen.Cells[y])
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", y, err)
		}
		for _, p := range pieces {
			text := public.Replace(p.text)
			// textLength puts the text in exactly its columns with any font.
			fmt.Fprintf(&b, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
				number(margin+float64(p.column)*cellWidth), number(top+float64(y)*cellHeight+baseline),
				number(float64(ansi.StringWidth(text))*cellWidth), p.look, escape(text))
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// drawWindow draws the frame, whose edge is visible on light and dark pages.
func drawWindow(b *bytes.Buffer, width, height float64, title string) {
	fmt.Fprintf(b, `<rect x=".5" y=".5" width="%s" height="%s" rx="10" fill="%s" stroke="%s"/>`+"\n",
		number(width-1), number(height-1), background, edge)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="5.5" fill="%s"/>`, number(margin+2+18*float64(i)), number(titleBar/2+1), colour)
	}
	fmt.Fprintf(b, "\n"+`<text x="%s" y="%s" text-anchor="middle" class="d">%s</text>`+"\n",
		number(width/2), number(titleBar/2+6), escape(title))
}

// piece is a text of one look. It neither begins nor ends with a blank and has no two in a row, because SVG merges them.
type piece struct {
	column int
	look   string // attributes of the SVG element
	text   string
}

// cut cuts a row into pieces.
func cut(row []terminal.Cell) ([]piece, error) {
	var pieces []piece
	blanks := 0
	for x, cell := range row {
		look, err := lookOf(cell.Style)
		switch {
		case err != nil:
			return nil, fmt.Errorf("column %d: %w", x, err)
		case cell.Width == 0:
			continue
		case cell.Content == " ":
			blanks++
			continue
		}
		last := len(pieces) - 1
		if last < 0 || blanks > 1 || pieces[last].look != look {
			pieces = append(pieces, piece{column: x, look: look})
			last++
		} else {
			pieces[last].text += strings.Repeat(" ", blanks)
		}
		pieces[last].text += cell.Content
		blanks = 0
	}
	return pieces, nil
}

// lookOf returns a style as attributes of SVG. It fails for styles that mogplex does not use today, so that a picture
// never omits one.
func lookOf(style uv.Style) (string, error) {
	var look string
	switch style.Attrs {
	case 0:
	case uv.AttrBold:
		look = ` class="b"`
	case uv.AttrFaint:
		look = ` class="d"`
	default:
		return "", fmt.Errorf("pictures can't draw the attributes %b", style.Attrs)
	}
	if style.Bg != nil || style.Underline != uv.UnderlineNone {
		return "", errors.New("pictures can't draw a background or an underline")
	}
	if style.Fg != nil {
		look += fmt.Sprintf(` fill="%s"`, hex(style.Fg))
	}
	return look, nil
}

// hex returns a colour as SVG writes it.
func hex(c color.Color) string {
	switch n := c.(type) {
	case ansi.BasicColor:
		return palette[n]
	case ansi.IndexedColor:
		if int(n) < len(palette) {
			return palette[n]
		}
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// number returns a length to a tenth of a pixel.
func number(length float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(length, 'f', 1, 64), ".0")
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace
