package web

import (
	"strings"
	"unicode"
)

const messageLimit = 200 // characters

// Message returns the text of a service's error answer fit to show: one printable
// line of at most 200 characters. A word that repeats six or more bytes of secret,
// the token of the request, is "[redacted]".
func Message(text, secret string) string {
	words := strings.Fields(strings.Map(spaced, text))
	for i, word := range words {
		if repeats(word, secret) {
			words[i] = "[redacted]"
		}
	}
	line := []rune(strings.Join(words, " "))
	if len(line) > messageLimit {
		line = append(line[:messageLimit-1], '…')
	}
	return string(line)
}

// spaced takes out what could steer a terminal or reorder a line.
func spaced(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case !unicode.IsGraphic(r), r == unicode.ReplacementChar:
		return -1
	}
	return r
}

// repeats reports that a word has six bytes of the secret in a row, or all of it.
func repeats(word, secret string) bool {
	const piece = 6
	if len(secret) < piece {
		return secret != "" && strings.Contains(word, secret)
	}
	for i := 0; i+piece <= len(secret); i++ {
		if strings.Contains(word, secret[i:i+piece]) {
			return true
		}
	}
	return false
}
