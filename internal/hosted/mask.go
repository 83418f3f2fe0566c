package hosted

import (
	"net/url"
	"strings"
	"unicode"
)

// Masked is the config with a cover in place of each value of a header or
// variable, of credentials and query values in addresses, and of arguments that
// look like secrets. Names stay. What is in doubt is covered.
func (c MCPConfig) Masked(cover string) MCPConfig {
	return MCPConfig{
		Command: maskWords(c.Command, cover), Args: maskArgs(c.Args, cover), Env: maskValues(c.Env, cover),
		URL: maskURL(c.URL, cover), Headers: maskValues(c.Headers, cover),
	}
}

func maskValues(values map[string]string, cover string) map[string]string {
	if values == nil {
		return nil
	}
	masked := make(map[string]string, len(values))
	for name := range values {
		masked[name] = cover
	}
	return masked
}

// maskURL covers the user and password, every query value and the fragment of
// an address, and what looks like a secret in its path.
func maskURL(text, cover string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return cover
	}
	// A password that was not escaped lets its parts pass for host or path.
	if at := strings.Count(text, "@"); at > 1 || at == 1 && u.User == nil {
		return cover
	}
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + "://")
	}
	if u.User != nil {
		b.WriteString(cover + "@")
	}
	b.WriteString(u.Host)
	for i, segment := range strings.Split(u.EscapedPath(), "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		if looksSecret(segment) {
			segment = cover
		}
		b.WriteString(segment)
	}
	for i, pair := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, named := strings.Cut(pair, "=")
		if !named || looksSecret(name) {
			pair = cover
		} else {
			pair = name + "=" + cover
		}
		b.WriteString(string("?&"[min(i, 1)]) + pair)
	}
	if u.Fragment != "" {
		b.WriteString("#" + cover)
	}
	return b.String()
}

// maskArgs covers arguments that are secrets or hold one.
func maskArgs(args []string, cover string) []string {
	masked := make([]string, len(args))
	for i, arg := range args {
		switch flag := args[max(i-1, 0)]; {
		case i > 0 && takesPair(flag):
			masked[i] = maskPair(arg, cover)
		case i > 0 && takesSecret(flag):
			masked[i] = cover
		default:
			masked[i] = maskArg(arg, cover)
		}
	}
	if args == nil {
		return nil
	}
	return masked
}

// takesPair reports a flag whose value, the next argument, is a name and a secret.
func takesPair(flag string) bool {
	return flag == "-e" || flag == "--env" || flag == "-H" || flag == "--header"
}

// takesSecret reports a flag whose value, the next argument, is a secret.
func takesSecret(flag string) bool {
	return flag == "-u" || strings.HasPrefix(flag, "-") && !strings.Contains(flag, "=") && secretName(flag)
}

// maskPair covers a value, or the value of NAME=VALUE or Name: value.
func maskPair(arg, cover string) string {
	if at := strings.IndexAny(arg, "=:"); at > 0 && pairName()(arg[:at]) && !looksSecret(arg[:at]) {
		return arg[:at+1] + cover
	}
	return cover
}

func maskArg(arg, cover string) string {
	name, value, paired := strings.Cut(arg, "=")
	switch {
	case strings.ContainsFunc(arg, unicode.IsSpace):
		return maskWords(arg, cover)
	case strings.ContainsAny(arg, `{}"`):
		return cover // JSON, which may hold anything
	case strings.Contains(arg, "://") && !paired, strings.Contains(name, "://"):
		return maskURL(arg, cover)
	case paired && (secretName(name) || looksSecret(value)):
		return maskPair(arg, cover)
	case paired:
		return name + "=" + maskArg(value, cover)
	case looksSecret(arg):
		return cover
	}
	return arg
}

// maskWords covers a text of words, such as a shell command, as a whole if any
// of them would be, or speaks of a secret.
func maskWords(text, cover string) string {
	words := strings.Fields(text)
	for i, word := range maskArgs(words, cover) {
		if word != words[i] || len(words) > 1 && secretName(word) {
			return cover
		}
	}
	return text
}
