package tui

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// theme is how things look. There is one colour that is not the terminal's own
// beside grey and, for failures, red; nothing is told by colour alone.
type theme struct {
	title  ansi.Style // what a screen is about
	accent ansi.Style // what is chosen, and where to look
	muted  ansi.Style // what can be skipped
	bad    ansi.Style // what went wrong
	strong ansi.Style // what the person said
	plain  ansi.Style
}

// newTheme is the theme for a background. Terminals with fewer colours get the
// nearest that they have, and with NO_COLOR none: bubbletea sees to that.
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
