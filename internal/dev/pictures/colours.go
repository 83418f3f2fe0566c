//go:build linux

package main

import (
	"fmt"
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// The window's own colours.
const (
	foreground = "#d6dbe3"
	background = "#14171d"
	edge       = "#3a414c"
)

// palette is what the sixteen colours that have names look like, which every
// terminal decides for itself: black, red, green, yellow, blue, magenta, cyan and
// white, then the bright ones.
var palette = [16]string{
	"#4b5362", "#ff7b72", "#56d364", "#e3b341", "#6cb6ff", "#d2a8ff", "#56d4dd", "#c4ccd6",
	"#7d8796", "#ffa198", "#7ee787", "#f2cc60", "#96d0ff", "#e2c5ff", "#96e6ee", "#f4f7fa",
}

// hex is a colour as SVG has it, empty for nil.
func hex(c color.Color) string {
	if c == nil {
		return ""
	}
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
