package text

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// tab is drawn in place of a tab.
const tab = "    "

// Cluster measures the first character of s with its combining marks, in bytes and in columns. Terminals disagree on the
// width of some scripts; Cluster returns the largest. s must not be empty.
func Cluster(s string) (size, columns int) {
	switch {
	case s[0] == '\t':
		return 1, len(tab)
	case s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf):
		return 1, 1
	}
	first := firstCluster(s)
	if part, _, joined := strings.Cut(first, string(zwj)); joined { // [Row.Drawn] draws the parts of an emoji one by one
		return len(part) + utf8.RuneLen(zwj), Columns(part)
	}
	for _, r := range first { // terminals without grapheme clusters add up the runes
		if isFlagHalf(r) {
			columns++
		} else {
			columns += displaywidth.Rune(r)
		}
	}
	return len(first), max(columns, displaywidth.String(first))
}

// isFlagHalf reports whether r is a regional indicator. Two of them make a flag two columns wide.
func isFlagHalf(r rune) bool { return r >= '\U0001F1E6' && r <= '\U0001F1FF' }

func firstCluster(s string) string {
	clusters := displaywidth.StringGraphemes(s)
	clusters.Next()
	return clusters.Value()
}

// Columns returns how many columns s takes, measured as [Rows] does.
func Columns(s string) int {
	total := 0
	for len(s) > 0 {
		size, columns := Cluster(s)
		s, total = s[size:], total+columns
	}
	return total
}

// Shorten cuts s to width columns, with an ellipsis at the end if something was cut.
func Shorten(s string, width int) string {
	switch {
	case Columns(s) <= width:
		return s
	case width < 1:
		return ""
	}
	at, left := 0, width-1
	for {
		size, columns := Cluster(s[at:])
		if left -= columns; left < 0 {
			return s[:at] + "…"
		}
		at += size
	}
}
