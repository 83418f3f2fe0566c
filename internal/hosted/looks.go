package hosted

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

var pairName = sync.OnceValue(func() func(string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`).MatchString
})

// secretNames are parts of names that secrets go by, and secretPrefixes how
// tokens of well-known services begin.
var (
	secretNames = []string{
		"token", "key", "secret", "pass", "pwd", "auth", "cred", "bearer", "cookie", "session", "dsn", "connection",
		"private", "signature", "jwt", "header",
	}
	secretPrefixes = []string{
		"sk-", "sk_", "pk_", "rk_", "mog_", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA",
		"AIza", "eyJ", "gsk_", "xai-", "hf_", "npm_", "Bearer",
	}
)

// secretName reports a name that a secret goes by.
func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretNames, func(part string) bool { return strings.Contains(name, part) })
}

// looksSecret reports a word that looks made by a machine: a known beginning, or
// long and of letters and digits with no break that a name has.
func looksSecret(word string) bool {
	for _, prefix := range secretPrefixes {
		if strings.HasPrefix(word, prefix) && len(word) > len(prefix)+4 {
			return true
		}
	}
	longest, run, digits, letters := 0, 0, false, false
	for _, r := range word {
		digit := r >= '0' && r <= '9'
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !digit && !letter {
			run, digits, letters = 0, false, false
			continue
		}
		run, digits, letters = run+1, digits || digit, letters || letter
		if digits && letters {
			longest = max(longest, run)
		}
	}
	return longest >= 16 || len(word) >= 40 && !strings.ContainsAny(word, "/.@")
}
