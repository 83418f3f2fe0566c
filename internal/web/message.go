package web

import (
	"strings"

	"github.com/mogplex/mogplex-cli/internal/text"
)

const messageColumns = 200

// Message returns a service's error message as one printable line of at most 200 columns. It replaces each word that
// repeats six or more bytes of secret, the token of the request, with "[redacted]".
func Message(said, secret string) string {
	words := strings.Fields(text.Line(said))
	for i, word := range words {
		if repeats(word, secret) {
			words[i] = "[redacted]"
		}
	}
	return text.Shorten(strings.Join(words, " "), messageColumns)
}

// repeats reports whether a word contains six consecutive bytes of the secret, or all of a shorter one.
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
