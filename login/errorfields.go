package login

import (
	"strings"
	"unicode/utf8"

	"github.com/mogplex/mogplex-cli/internal/text"
)

const (
	maxErrorCode   = 40
	maxDescription = 200
	// A longer run of ASCII in a description counts as a token, and so does a longer code unless it has only the
	// characters of registered codes.
	longestWord    = 31
	registeredCode = "abcdefghijklmnopqrstuvwxyz_"
)

// errorCode returns s if it is an OAuth error code: it has the characters of RFC 6749 section 5.2, a plausible length, and
// contains no secret. Otherwise it returns "".
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

// description returns an error_description made safe to print, or "" if it contains a secret or a word so long that it
// could be an encoded one.
func description(s string, secrets []string) string {
	s = text.Line(s)
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
	return text.Shorten(s, maxDescription)
}

func containsSecret(s string, secrets []string) bool {
	for _, secret := range secrets {
		if secret != "" && strings.Contains(s, secret) {
			return true
		}
	}
	return false
}
