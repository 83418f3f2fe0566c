//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// Sizes in pixels. Most fonts' characters are 0.6 as wide as they are high.
const (
	fontSize   = 14.0
	cellWidth  = 8.4
	cellHeight = 19.0
	baseline   = 14.0 // below the row's top
	margin     = 18.0
	bar        = 34.0 // the window's title bar
	radius     = 10.0
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" fill="%[5]s" role="img">
<title>%[3]s</title>
<style>
text{font:%[4]spx ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
.b{font-weight:700}.d{opacity:.6}.i{font-style:italic}.u{text-decoration:underline}.s{text-decoration:line-through}
</style>
`

// draw draws a screen in a window. tells is what it is, in words. Rows at the end
// that show nothing are left out where the command did not take the whole screen.
func draw(screen terminal.Screen, title, tells string) []byte {
	rows := len(screen.Cells)
	if !screen.Alternate {
		rows = strings.Count(screen.String(), "\n") + 1
	}
	width := float64(screen.Size.Columns)*cellWidth + 2*margin
	height := float64(rows)*cellHeight + bar + 2*margin - margin/2
	var b bytes.Buffer
	fmt.Fprintf(&b, head, number(width), number(height), escape(tells), number(fontSize), foreground)
	window(&b, width, height, title)
	for y := range rows {
		for _, r := range runs(screen, y) {
			r.draw(&b, y)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// window draws the frame. Its edge shows on a dark page as on a light one.
func window(b *bytes.Buffer, width, height float64, title string) {
	fmt.Fprintf(b, `<rect x=".5" y=".5" width="%s" height="%s" rx="%s" fill="%s" stroke="%s"/>`+"\n",
		number(width-1), number(height-1), number(radius), background, edge)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="5.5" fill="%s"/>`, number(margin+2+18*float64(i)), number(bar/2+1), colour)
	}
	fmt.Fprintf(b, "\n"+`<text x="%s" y="%s" text-anchor="middle" class="d">%s</text>`+"\n",
		number(width/2), number(bar/2+6), escape(title))
}

// draw draws a run: its background, then its texts, in exactly their columns
// whatever the reader's font is.
func (r run) draw(b *bytes.Buffer, row int) {
	x := func(column int) string { return number(margin + float64(column)*cellWidth) }
	width := func(columns int) string { return number(float64(columns) * cellWidth) }
	y := bar + margin/2 + float64(row)*cellHeight
	if r.background != "" {
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n",
			x(r.column), number(y), width(len(r.cells)), number(cellHeight), r.background)
	}
	for _, p := range r.pieces() {
		fmt.Fprintf(b, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"%s%s>%s</text>`+"\n",
			x(p.column), number(y+baseline), width(p.columns), attribute("class", r.class),
			attribute("fill", r.foreground), escape(p.text))
	}
}

// attribute writes one that has a value.
func attribute(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(` %s="%s"`, name, value)
}

// number writes a length to a tenth of a pixel.
func number(length float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(length, 'f', 1, 64), ".0")
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace
