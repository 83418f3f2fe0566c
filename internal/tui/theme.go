package tui

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// theme is a set of styles: one accent colour, grey, and red for failures. Colour never carries meaning alone.
type theme struct {
	title  ansi.Style // of a screen
	accent ansi.Style // of what is chosen
	muted  ansi.Style // of details
	bad    ansi.Style // of failures
	strong ansi.Style // of what the person typed
	plain  ansi.Style
}

// newTheme returns the theme for a background. bubbletea reduces its colours to what the terminal has, and drops them
// with NO_COLOR.
func newTheme(dark bool) theme {
	accent, muted, bad := rgb(0x0B66C3), rgb(0x626262), rgb(0xB3261E)
	if dark {
		accent, muted, bad = rgb(0x7AB8FF), rgb(0x949494), rgb(0xFF8A80)
	}
	return theme{
		title:  ansi.Style{}.Bold().ForegroundColor(accent),
		accent: ansi.Style{}.ForegroundColor(accent),
		muted:  ansi.Style{}.ForegroundColor(muted),
		bad:    ansi.Style{}.ForegroundColor(bad),
		strong: ansi.Style{}.Bold(),
	}
}

func rgb(hex int) color.Color {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}
