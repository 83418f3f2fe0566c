package sessionlog

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// spelled are secrets without the space around them, and besides what is left of
// one that was decoded in part: a query has a plus for a space.
func spelled(secrets []string) (all []string) {
	for _, secret := range secrets {
		secret = strings.TrimSpace(secret)
		all = append(all, secret)
		if plus := strings.ReplaceAll(secret, " ", "+"); plus != secret {
			all = append(all, plus)
		}
	}
	return all
}

// encodings are the texts that a secret leaves a trace of: itself, and what
// encodings make of it that leave no mark of their own. Those with marks, such as
// percent signs, are found by the mark (see escapes), and decoded.
func encodings(secret string) []string {
	once := append(spread(secret), secret)
	once = append(once, numbers(secret)...)
	all := once
	for _, code := range append(base64s(secret), hex.EncodeToString([]byte(secret))) {
		all = append(all, spread(code)...)
	}
	marshalled, _ := json.Marshal(secret) // a string marshals
	forms := []string{url.QueryEscape(secret), url.PathEscape(secret), string(marshalled[1 : len(marshalled)-1]), quoted(secret)}
	for _, code := range forms {
		if code != secret {
			all = append(all, spread(code)...)
		}
	}
	all = append(all, quoted(secret)) // a quotation mark alone is no escape that is decoded
	if len(secret) < longRun/2 {      // of a longer one these are long runs
		all = append(all, base64s(strings.ToUpper(hex.EncodeToString([]byte(secret))))...)
		all = append(all, spread(each(secret, "%c\x00", ""))...)
	}
	for _, form := range []string{"%%%02x", "%%%02X", `\u%04x`} {
		all = append(all, base64s(each(secret, form, ""))...)
	}
	return all
}

// quoted is a text as slog writes it in a line.
func quoted(text string) string {
	line := appendString(nil, []byte(text))
	return string(line[1 : len(line)-1])
}

// spread are the base64 and hexadecimal forms of a text.
func spread(text string) []string {
	low := hex.EncodeToString([]byte(text))
	return append(base64s(text), low, strings.ToUpper(low))
}

// base64s are the characters that a text gives in base64 wherever it stands in
// what is encoded: at each of three places in a group, without the characters at
// the ends that its neighbours have a part in.
func base64s(text string) (codes []string) {
	for skip := range 3 {
		padded := make([]byte, skip, skip+len(text))
		padded = append(padded, text...)
		std := base64.RawStdEncoding.EncodeToString(padded)
		first, last := (skip*8+5)/6, len(padded)*8/6
		if first >= last {
			continue
		}
		std = std[first:last]
		codes = append(codes, std)
		if safe := strings.NewReplacer("+", "-", "/", "_").Replace(std); safe != std {
			codes = append(codes, safe)
		}
	}
	return codes
}

// numbers are the forms of bytes that fmt has for %v, %#v, % x and the like.
func numbers(text string) (codes []string) {
	for _, form := range []struct{ verb, between string }{
		{"%d", " "}, {"%d", ","}, {"%d", ", "}, {"0x%x", ", "}, {"0x%02X", ", "}, {"0x%02x", " "}, {"0X%02X", " "},
		{"%02x", " "}, {"%02X", " "}, {"%02x", ":"}, {"%02X", ":"},
	} {
		codes = append(codes, each(text, form.verb, form.between))
	}
	return codes
}

// each formats every byte of a text.
func each(text, verb, between string) string {
	parts := make([]string, len(text))
	for i := range len(text) {
		parts[i] = fmt.Sprintf(verb, text[i])
	}
	return strings.Join(parts, between)
}
