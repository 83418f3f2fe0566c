package hosted

import (
	"net/url"
	"strings"
	"unicode"
)

// Masked returns the config with cover in place of each value of a header or variable, of credentials and query values in
// addresses, and of arguments that look like secrets. Names stay. In doubt it covers.
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

// maskURL covers the user and password, every query value and the fragment of an address, and the segments of its path
// that look like secrets.
func maskURL(text, cover string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return cover
	}
	// A password that was not escaped is parsed as host or path.
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
		if isSecretWord(segment) {
			segment = cover
		}
		b.WriteString(segment)
	}
	for i, pair := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, named := strings.Cut(pair, "=")
		if !named || isSecretWord(name) {
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

// maskArgs covers the arguments that are secrets, and the parts of others that are.
func maskArgs(args []string, cover string) []string {
	if args == nil {
		return nil
	}
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
	return masked
}

// takesPair reports whether the value of a flag, the next argument, is a name and a secret.
func takesPair(flag string) bool {
	return flag == "-e" || flag == "--env" || flag == "-H" || flag == "--header"
}

// takesSecret reports whether the value of a flag, the next argument, is a secret.
func takesSecret(flag string) bool {
	return flag == "-u" || strings.HasPrefix(flag, "-") && !strings.Contains(flag, "=") && isSecretName(flag)
}

// maskPair covers the value of NAME=VALUE or Name: value, and all of any other argument.
func maskPair(arg, cover string) string {
	if at := strings.IndexAny(arg, "=:"); at > 0 && at <= 60 {
		name := arg[:at]
		if strings.Trim(name, letters+digits+"_.-") == "" && !isSecretWord(name) {
			return name + arg[at:at+1] + cover
		}
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
	case paired && (isSecretName(name) || isSecretWord(value)):
		return maskPair(arg, cover)
	case paired:
		return name + "=" + maskArg(value, cover)
	case isSecretWord(arg):
		return cover
	}
	return arg
}

// maskWords covers all of a text of words, such as a shell command, if one of them would be covered or names a secret.
func maskWords(text, cover string) string {
	words := strings.Fields(text)
	for i, word := range maskArgs(words, cover) {
		if word != words[i] || len(words) > 1 && isSecretName(word) {
			return cover
		}
	}
	return text
}
