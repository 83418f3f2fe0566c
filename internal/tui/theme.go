package tui

import (
	"charm.land/lipgloss/v2"
)

// theme is how things look. There is one colour that is not the terminal's own
// beside grey and, for failures, red; nothing is told by colour alone.
type theme struct {
	title  lipgloss.Style // what a screen is about
	accent lipgloss.Style // what is chosen, and where to look
	muted  lipgloss.Style // what can be skipped
	bad    lipgloss.Style // what went wrong
	strong lipgloss.Style // what the person said
	plain  lipgloss.Style
}

// newTheme is the theme for a background. Terminals with fewer colours get the
// nearest that they have, and with NO_COLOR none: bubbletea sees to that.
func newTheme(dark bool) theme {
	pick := lipgloss.LightDark(dark)
	plain := lipgloss.NewStyle()
	accent := plain.Foreground(pick(lipgloss.Color("#0B66C3"), lipgloss.Color("#7AB8FF")))
	return theme{
		title:  accent.Bold(true),
		accent: accent,
		muted:  plain.Foreground(pick(lipgloss.Color("#626262"), lipgloss.Color("#949494"))),
		bad:    plain.Foreground(pick(lipgloss.Color("#B3261E"), lipgloss.Color("#FF8A80"))),
		strong: plain.Bold(true),
		plain:  plain,
	}
}
