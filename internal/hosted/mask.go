package hosted

import (
	"net/url"
	"strings"
	"unicode"
)

// Masked returns the config with mask in place of header and variable values, of credentials and query values in addresses,
// and of arguments that look like secrets. It does not mask names. When unsure, it masks.
func (c MCPConfig) Masked(mask string) MCPConfig {
	return MCPConfig{
		Command: maskWords(c.Command, mask), Args: maskArgs(c.Args, mask), Env: maskValues(c.Env, mask),
		URL: maskURL(c.URL, mask), Headers: maskValues(c.Headers, mask),
	}
}

func maskValues(values map[string]string, mask string) map[string]string {
	if values == nil {
		return nil
	}
	masked := make(map[string]string, len(values))
	for name := range values {
		masked[name] = mask
	}
	return masked
}

// maskURL masks the user and password, every query value and the fragment of an address, and the segments of its path that
// look like secrets.
func maskURL(text, mask string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return mask
	}
	// url.Parse reads an unescaped password as host or path.
	if at := strings.Count(text, "@"); at > 1 || at == 1 && u.User == nil {
		return mask
	}
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + "://")
	}
	if u.User != nil {
		b.WriteString(mask + "@")
	}
	b.WriteString(u.Host)
	for i, segment := range strings.Split(u.EscapedPath(), "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		if isSecretWord(segment) {
			segment = mask
		}
		b.WriteString(segment)
	}
	for i, pair := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, named := strings.Cut(pair, "=")
		if !named || isSecretWord(name) {
			pair = mask
		} else {
			pair = name + "=" + mask
		}
		b.WriteString(string("?&"[min(i, 1)]) + pair)
	}
	if u.Fragment != "" {
		b.WriteString("#" + mask)
	}
	return b.String()
}

// maskArgs masks secrets among the arguments and in parts of them.
func maskArgs(args []string, mask string) []string {
	if args == nil {
		return nil
	}
	masked := make([]string, len(args))
	for i, arg := range args {
		switch flag := args[max(i-1, 0)]; {
		case i > 0 && takesPair(flag):
			masked[i] = maskPair(arg, mask)
		case i > 0 && takesSecret(flag):
			masked[i] = mask
		default:
			masked[i] = maskArg(arg, mask)
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

// maskPair masks the value of NAME=VALUE or Name: value, and all of any other argument.
func maskPair(arg, mask string) string {
	if at := strings.IndexAny(arg, "=:"); at > 0 && at <= 60 {
		name := arg[:at]
		if strings.Trim(name, letters+digits+"_.-") == "" && !isSecretWord(name) {
			return name + arg[at:at+1] + mask
		}
	}
	return mask
}

func maskArg(arg, mask string) string {
	name, value, paired := strings.Cut(arg, "=")
	switch {
	case strings.ContainsFunc(arg, unicode.IsSpace):
		return maskWords(arg, mask)
	case strings.ContainsAny(arg, `{}"`):
		return mask // JSON, which may hold anything
	case strings.Contains(arg, "://") && !paired, strings.Contains(name, "://"):
		return maskURL(arg, mask)
	case paired && (isSecretName(name) || isSecretWord(value)):
		return maskPair(arg, mask)
	case paired:
		return name + "=" + maskArg(value, mask)
	case isSecretWord(arg):
		return mask
	}
	return arg
}

// maskWords masks all of a text with several words, such as a shell command, if one of them looks like a secret or names one.
func maskWords(text, mask string) string {
	words := strings.Fields(text)
	for i, word := range maskArgs(words, mask) {
		if word != words[i] || len(words) > 1 && isSecretName(word) {
			return mask
		}
	}
	return text
}
