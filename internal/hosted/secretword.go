package hosted

import (
	"slices"
	"strings"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// isSecretName reports whether a name contains a word that is common in names of secrets.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	words := []string{
		"token", "key", "secret", "pass", "pwd", "auth", "cred", "bearer", "cookie", "session", "dsn", "connection",
		"private", "signature", "jwt", "header",
	}
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(name, word) })
}

// isSecretWord reports whether a word looks like a key: it has the prefix of a well-known service's tokens, or is long and
// mixes letters and digits without the separators of a name.
func isSecretWord(word string) bool {
	prefixes := []string{
		"sk-", "sk_", "pk_", "rk_", "mog_", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA",
		"AIza", "eyJ", "gsk_", "xai-", "hf_", "npm_", "Bearer",
	}
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(word, prefix) && len(word) > len(prefix)+4 }
	if slices.ContainsFunc(prefixes, hasPrefix) {
		return true
	}
	separator := func(r rune) bool { return !strings.ContainsRune(letters+digits, r) }
	for run := range strings.FieldsFuncSeq(word, separator) {
		if len(run) >= 16 && strings.ContainsAny(run, letters) && strings.ContainsAny(run, digits) {
			return true
		}
	}
	return len(word) >= 40 && !strings.ContainsAny(word, "/.@")
}
