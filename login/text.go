package login

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text from elsewhere safe to print on a terminal and in a page: no
// control or format characters (ANSI escapes, bidirectional overrides, zero
// width), single spaces, at most limit runes.
func clean(s string, limit int) string {
	var b strings.Builder
	n, gap := 0, false
	for s != "" && n < limit {
		r, size := utf8.DecodeRuneInString(s)
		if skip := escapeLength(s); skip > 0 {
			s = s[skip:]
			continue
		}
		s = s[size:]
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Z):
			gap = b.Len() > 0
		case r == utf8.RuneError, !unicode.IsGraphic(r):
		default:
			if gap {
				b.WriteByte(' ')
				n++
				gap = false
			}
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}

// escapeLength returns the length of the terminal escape sequence s begins with
// (ECMA-48: CSI, or a string such as OSC up to its terminator), 0 if none.
func escapeLength(s string) int {
	kind, n := byte(0), 0
	switch {
	case strings.HasPrefix(s, "\u009b"):
		kind, n = '[', 2
	case len(s) > 1 && s[0] == '\x1b':
		kind, n = s[1], 2
	default:
		return 0
	}
	switch kind {
	case '[':
		for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
			n++
		}
		return min(n+1, len(s))
	case ']', 'P', 'X', '^', '_':
		for ; n < len(s); n++ {
			if s[n] == '\a' {
				return n + 1
			}
			if s[n] == '\x1b' {
				return min(n+2, len(s))
			}
		}
		return n
	}
	return 1
}

const (
	maxErrorCode   = 40
	maxDescription = 200
	// A longer run of ASCII in a description is taken for a token, and so is a
	// longer code of other characters than registered codes have.
	longestWord    = 31
	registeredCode = "abcdefghijklmnopqrstuvwxyz_"
)

// errorCode returns an OAuth error code if it is one: RFC 6749 section 5.2's
// characters, of sane length, and none of the secrets. Otherwise "".
func errorCode(s string, secrets []string) string {
	if len(s) > maxErrorCode || containsSecret(s, secrets) || len(s) > longestWord && strings.Trim(s, registeredCode) != "" {
		return ""
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	return s
}

// description returns the service's words about an error, or "" if they hold a
// secret or a word so long that it could be an encoded one.
func description(s string, secrets []string) string {
	s = clean(s, maxDescription)
	if containsSecret(s, secrets) {
		return ""
	}
	run := 0
	for i := range len(s) {
		if run++; s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			run = 0
		}
		if run > longestWord {
			return ""
		}
	}
	return s
}

func containsSecret(s string, secrets []string) bool {
	for _, secret := range secrets {
		if secret != "" && strings.Contains(s, secret) {
			return true
		}
	}
	return false
}

// visibleASCII reports whether s is one non-empty word of printable ASCII: what
// fits a header and a line.
func visibleASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
