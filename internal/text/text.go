// Package text prepares text for a terminal: it removes unsafe characters, measures columns, breaks lines, and puts
// durations into words.
//
// Pass text from a service, a file or a person through one of three cleaners first:
//
//   - [Clean] keeps lines, tabs and the joiners of words and emoji: prompts, answers, messages of several lines.
//   - [Line] makes one line with single spaces: names, and a service's error messages.
//   - [Printable] removes unsafe characters and changes nothing else: paths, and addresses to copy.
//
// [Wrap] breaks lines between words for output that scrolls; [Rows] lays lines out on a screen, where nothing may be
// wider than the window. [Columns] and [Shorten] measure as Rows does.
//
// The package has no variable that needs initialization, because every start of the program would pay for it.
package text

import (
	"strings"
	"unicode"
)

// Joiners have no width. Words of some scripts are spelled with them, and emoji are put together with ZWJ.
const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// Unsafe reports whether r could control a terminal or reorder a line: control characters, among them ESC and C1, format
// characters such as bidirectional overrides, line and paragraph separators, and the replacement for invalid UTF-8.
func Unsafe(r rune) bool {
	switch {
	case r < unicode.MaxASCII:
		return r < ' '
	case r == unicode.ReplacementChar, r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// Clean removes [Unsafe] characters except newlines, tabs and joiners, so that a prompt is sent as it was typed. It turns
// line and paragraph separators into newlines.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t', zwnj, zwj:
			return r
		case '\u2028', '\u2029':
			return '\n'
		}
		return printable(r)
	}, s)
}

// Line returns s as one line with one space between words. It removes whole escape sequences and all other [Unsafe]
// characters.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return printable(r)
	}, withoutEscapes(s))
	return strings.Join(strings.Fields(s), " ")
}

// Printable removes [Unsafe] characters, newlines and tabs included, and changes nothing else.
func Printable(s string) string { return strings.Map(printable, s) }

// printable returns -1, which [strings.Map] drops, for unsafe characters.
func printable(r rune) rune {
	if Unsafe(r) {
		return -1
	}
	return r
}

// withoutEscapes removes complete escape sequences (ECMA-48): "\x1b[31m", "\x1b]0;title\a".
func withoutEscapes(s string) string {
	var b strings.Builder
	for {
		at := strings.IndexAny(s, "\x1b\u009b")
		if at < 0 {
			break
		}
		b.WriteString(s[:at])
		s = s[at+escapeLength(s[at:]):]
	}
	if b.Len() == 0 {
		return s
	}
	return b.String() + s
}

// escapeLength returns the length of the escape sequence at the beginning of s, whose first character is ESC or CSI. Of
// a string such as OSC that has no end, it counts only the introducer.
func escapeLength(s string) int {
	body, csi := strings.CutPrefix(s, "\u009b")
	if !csi {
		body, csi = strings.CutPrefix(s, "\x1b[")
	}
	if csi {
		final := strings.TrimLeft(body, " !\"#$%&'()*+,-./0123456789:;<=>?")
		return min(len(s)-len(final)+1, len(s))
	}
	if len(s) > 1 && strings.IndexByte("]PX^_", s[1]) >= 0 {
		switch end := strings.IndexAny(s[2:], "\a\x1b"); {
		case end < 0:
			return 2
		case s[2+end] == '\x1b':
			return min(2+end+2, len(s))
		default:
			return 2 + end + 1
		}
	}
	return 1
}
