package sessionlog

import (
	"bytes"
	"strings"
)

// schemes come before a credential in an Authorization header.
var schemes = []string{"bearer ", "basic "}

// shapes marks what has the shape of a secret.
func (r *rules) shapes(text []byte, mark func(i, j int)) {
	for _, prefix := range r.prefixes {
		markKeys(text, prefix, 1, mark)
	}
	markKeys(text, "eyJ", 8, mark)
	markKeys(text, "sk-", 12, mark)
	for _, scheme := range schemes {
		markSchemes(text, scheme, mark)
	}
	markURLs(text, mark)
	markPairs(text, mark)
}

// markKeys marks every word that begins with prefix and has least more bytes.
func markKeys(text []byte, prefix string, least int, mark func(i, j int)) {
	for i := 0; ; {
		at := bytes.Index(text[i:], []byte(prefix))
		if at < 0 {
			return
		}
		first := i + at
		last := first + len(prefix)
		for last < len(text) && isNameByte(text[last]) {
			last++
		}
		if i = last; last-first >= len(prefix)+least && (first == 0 || !isAlnum(text[first-1]) || least >= 8 && prefix != "sk-") {
			mark(first, last)
		}
	}
}

func markSchemes(text []byte, scheme string, mark func(i, j int)) {
	for i := 0; i+len(scheme) < len(text); i++ {
		if !hasFold(text[i:], scheme) {
			continue
		}
		first := i + len(scheme)
		for first < len(text) && text[first] == ' ' {
			first++
		}
		last := first
		for last < len(text) && !endsWord(text[last]) {
			last++
		}
		if last > first {
			mark(first, last)
		}
	}
}

// markURLs marks what is between the :// and the @ of an address. A password with
// a slash in it is no good URL, and is found all the same.
func markURLs(text []byte, mark func(i, j int)) {
	last, at := 0, 0 // the end of an address, and the last @ in it: addresses may be in one another
	for i := 0; ; {
		found := bytes.Index(text[i:], []byte("://"))
		if found < 0 {
			return
		}
		first := i + found + len("://")
		i = first
		if first > last {
			for last = first; last < len(text) && strings.IndexByte(" \t\r\n\"'<>`\x00", text[last]) < 0; {
				last++
			}
			at = first + bytes.LastIndexByte(text[first:last], '@')
		}
		end := last
		if n := bytes.IndexAny(text[first:last], "/?#"); n >= 0 {
			end = first + n
		}
		sign := first + bytes.LastIndexByte(text[first:end], '@')
		if colon := bytes.IndexByte(text[first:end], ':'); sign < first && colon >= 0 && !isPort(text[first+colon+1:end]) {
			sign = at
		}
		if sign > first {
			mark(first, sign)
			i = sign
		}
	}
}

func isPort(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// markPairs marks values whose name is that of a secret: name=value, name: value,
// "name": "value" and the like.
func markPairs(text []byte, mark func(i, j int)) {
	const longest = 4 << 10 // of a value that could be ordinary words
	var marked [256]int     // by the value's class: where the last one ended that is marked
	for i := 0; i < len(text); i++ {
		if !isNameByte(text[i]) {
			continue
		}
		first := i
		for i < len(text) && isNameByte(text[i]) {
			i++
		}
		p := pairAt(text, first, i)
		if p.kind == notSecret || p.value < marked[p.class] {
			continue // or it is in a value of its class, which ends no later
		}
		from, to := pairValue(text, p.value, p.kind, p.stops)
		if to > from && (p.kind == secret || to-from > longest || looksRandom(text[from:to])) {
			mark(from, to)
			marked[p.class] = to
		}
	}
}

// pair is a name that a value follows.
type pair struct {
	kind  int    // notSecret also where there is no value
	value int    // where it begins
	stops string // what ends it
	class byte   // its quote, else 0, or 1 for a header's
}

// pairAt reads the pair whose name is from first to last.
func pairAt(text []byte, first, last int) (p pair) {
	value, flag, ok := valueAfter(text, first, last)
	if !ok {
		return pair{}
	}
	p = pair{kind: nameKind(text[first:last]), stops: pairEnd}
	if flag {
		p.kind = min(p.kind, maybe) // "use --token to" is a sentence
	}
	if p.kind == notSecret {
		return p
	}
	if isHeader(text[first:last]) {
		p.stops, p.class = headerEnd, 1
	}
	for value < len(text) && strings.IndexByte("[{(&\\", text[value]) >= 0 {
		value++
	}
	if value < len(text) && isQuote(text[value]) {
		p.class = text[value]
	}
	p.value = value
	return p
}

// valueAfter returns where a value begins after the name from first to last, and
// whether it is that of a flag, such as --token, in an argument of its own.
func valueAfter(text []byte, first, last int) (after int, flag, ok bool) {
	if after, ok = separator(text, last); ok || text[first] != '-' {
		return after, false, ok
	}
	for after = last; after < len(text) && bytes.IndexByte([]byte("\"'`\\,+ "), text[after]) >= 0; {
		after++
	}
	return after, true, after > last && after < len(text) && text[after] != '-'
}

// separator returns where a value begins after a name that ends at i: past quotes,
// spaces, and one = : or =>.
func separator(text []byte, i int) (after int, ok bool) {
	skip := func(set string) {
		for i < len(text) && bytes.IndexByte([]byte(set), text[i]) >= 0 {
			i++
		}
	}
	skip("\"'`\\ )]")
	if i >= len(text) || text[i] != '=' && text[i] != ':' {
		return i, false
	}
	skip("=:>")
	skip(" ")
	return i, true
}

// What ends a value without quotes.
const (
	pairEnd   = ",;&)}]\"'`<>\n\r\x00" // a zero ends a word in what is decoded
	headerEnd = "]\n\r\x00"
)

// isHeader reports the name of a header whose value is many pairs.
func isHeader(name []byte) bool {
	return indexFold(name, "cookie") >= 0 || indexFold(name, "authorization") >= 0
}

// pairValue returns the bounds of the value that begins at i.
func pairValue(text []byte, i, kind int, stops string) (from, to int) {
	if i < len(text) && isQuote(text[i]) {
		return i + 1, closing(text, i)
	}
	from = i
	for i < len(text) && strings.IndexByte(stops, text[i]) < 0 {
		if text[i] == ' ' && stops == pairEnd && (kind == maybe || nextIsPair(text[i+1:])) {
			break
		}
		i++
	}
	return from, i
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// closing is where the quote at i ends.
func closing(text []byte, i int) int {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		if text[j] == 0 || text[j] == quote && text[j-1] != '\\' {
			return j
		}
	}
	return len(text)
}

// nextIsPair reports that text begins with the name of another pair.
func nextIsPair(text []byte) bool {
	i := 0
	for i < len(text) && isNameByte(text[i]) {
		i++
	}
	return i > 0 && i < len(text) && (text[i] == ':' || text[i] == '=')
}

func endsWord(c byte) bool {
	return c <= ' ' || bytes.IndexByte([]byte("\"'`,;<>()[]{}\\"), c) >= 0
}
