package sessionlog

import (
	"bytes"
	"html"
	"unicode/utf16"
	"unicode/utf8"
)

// view is what a text decodes to, and where each byte of that is from: the bytes
// from[i] to to[i] of the text gave byte i. No bytes at all is no view.
type view struct {
	text     []byte
	from, to []int
}

func (v *view) add(c byte, from, to int) {
	v.text = append(v.text, c)
	v.from = append(v.from, from)
	v.to = append(v.to, to)
}

// mark marks what the bytes i to j are from, which may be several places: a word
// of base64 is in its view once for each place where a group may begin.
func (v *view) mark(i, j int, mark func(i, j int)) {
	for i < j {
		first, last := v.from[i], v.to[i]
		for i++; i < j && first <= v.from[i] && v.from[i] <= last; i++ {
			last = max(last, v.to[i])
		}
		mark(first, last)
	}
}

// tidies is how many decoders come first that undo no encoding, but what was done
// to one: they are no step deeper.
const tidies = 2

// decoders each undo one way to write bytes. One that finds nothing of its own in
// a text gives no view.
var decoders = []func([]byte) view{
	unbroken,
	narrow,
	func(t []byte) view { return unmark(t, '\\', backslash) },
	func(t []byte) view { return unmark(t, '%', percent) },
	func(t []byte) view { return unmark(t, '&', entity) },
	func(t []byte) view { return unmark(t, '=', quotedPrintable) },
	base64Runs,
	hexRuns,
	numberRuns,
}

// unmark decodes what follows each mark; decode returns the bytes, and the length
// of what they were written as, or 0 where there is nothing to decode.
func unmark(text []byte, mark byte, decode func([]byte) ([]byte, int)) (v view) {
	if bytes.IndexByte(text, mark) < 0 {
		return view{}
	}
	changed := false
	for i := 0; i < len(text); {
		if text[i] == mark {
			if decoded, n := decode(text[i:]); n > 0 {
				for _, c := range decoded {
					v.add(c, i, i+n)
				}
				changed = true
				i += n
				continue
			}
		}
		v.add(text[i], i, i+1)
		i++
	}
	if !changed {
		return view{}
	}
	return v
}

// backslash decodes an escape of JSON, Go, C or JavaScript.
func backslash(text []byte) ([]byte, int) {
	if len(text) < 2 {
		return nil, 0
	}
	switch c := text[1]; c {
	case 'u', 'U', 'x':
		return hexEscape(text)
	case 'n', 'r', 't', 'a', 'b', 'f', 'v':
		return []byte{"\a\b\f\n\r\t\v"[bytes.IndexByte([]byte("abfnrtv"), c)]}, 2
	default:
		if n := 0; '0' <= c && c <= '7' {
			value := 0
			for n = 1; n < len(text) && n < 4 && '0' <= text[n] && text[n] <= '7'; n++ {
				value = value*8 + int(text[n]-'0')
			}
			return []byte{byte(value)}, n
		}
		return []byte{c}, 2
	}
}

// hexEscape decodes \xhh, \uhhhh, \u{h…} and \Uhhhhhhhh.
func hexEscape(text []byte) ([]byte, int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	at := 2
	if len(text) > 3 && text[2] == '{' {
		at, digits = 3, bytes.IndexByte(text[:min(len(text), 12)], '}')-3
	}
	value, ok := hexValue(text[at:], digits)
	if !ok {
		return text[1:2], 2
	}
	n := at + digits
	if at == 3 {
		n++
	}
	if text[1] == 'x' && at == 2 {
		return []byte{byte(value)}, n
	}
	if low, ok := lowSurrogate(text[n:]); ok && digits == 4 && utf16.IsSurrogate(rune(value)) {
		return utf8.AppendRune(nil, utf16.DecodeRune(rune(value), low)), n + 6
	}
	return utf8.AppendRune(nil, rune(value)), n
}

// lowSurrogate reads the second half of a character that JSON writes as two.
func lowSurrogate(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	value, ok := hexValue(text[2:], 4)
	return rune(value), ok && 0xdc00 <= value && value < 0xe000
}

func percent(text []byte) ([]byte, int) {
	if len(text) > 1 && text[1] == 'u' {
		if value, ok := hexValue(text[2:], 4); ok {
			return utf8.AppendRune(nil, rune(value)), 6
		}
	}
	if c, ok := hexPair(text[1:]); ok {
		return []byte{c}, 3
	}
	return nil, 0
}

// quotedPrintable decodes RFC 2045 section 6.7, soft line breaks too.
func quotedPrintable(text []byte) ([]byte, int) {
	for _, soft := range []string{"=\r\n", "=\n"} {
		if bytes.HasPrefix(text, []byte(soft)) {
			return nil, len(soft)
		}
	}
	if c, ok := hexPair(text[1:]); ok {
		return []byte{c}, 3
	}
	return nil, 0
}

// entity decodes a character reference of HTML.
func entity(text []byte) ([]byte, int) {
	const longest = 32
	end := bytes.IndexByte(text[:min(len(text), longest)], ';')
	if end < 3 {
		return nil, 0
	}
	written := string(text[:end+1])
	if plain := html.UnescapeString(written); plain != written {
		return []byte(plain), end + 1
	}
	return nil, 0
}

func hexPair(text []byte) (byte, bool) {
	value, ok := hexValue(text, 2)
	return byte(value), ok
}

// hexValue reads n hexadecimal digits.
func hexValue(text []byte, n int) (value int, ok bool) {
	if n <= 0 || n > 8 || len(text) < n {
		return 0, false
	}
	for _, c := range text[:n] {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		value = value<<4 | d
	}
	return value, true
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// unbroken joins what base64 or hexadecimal was broken into lines of.
func unbroken(text []byte) (v view) {
	const line = 16 // bytes or more
	run, changed := 0, false
	for i := 0; i < len(text); {
		if run >= line && sextet(text[i]) < 0 {
			if next := afterBreak(text, i); next > i && next < len(text) && sextet(text[next]) >= 0 {
				changed = true
				i = next
				continue
			}
		}
		if run++; sextet(text[i]) < 0 {
			run = 0
		}
		v.add(text[i], i, i+1)
		i++
	}
	if !changed {
		return view{}
	}
	return v
}

// afterBreak is where the line after the one that ends at i begins, or i.
func afterBreak(text []byte, i int) int {
	next := i
	if next < len(text) && text[next] == '\r' {
		next++
	}
	if next == len(text) || text[next] != '\n' {
		return i
	}
	for next < len(text) && bytes.IndexByte([]byte("\n\t "), text[next]) >= 0 {
		next++
	}
	return next
}

// narrow takes out the zeros that UTF-16 has between the characters of ASCII, five
// in a row or more: in what was no text, fewer are chance.
func narrow(text []byte) (v view) {
	const least = 5
	if bytes.IndexByte(text, 0) < 0 {
		return view{}
	}
	changed := false
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && text[end] == 0 && (end == i || text[end-1] != 0) {
			end = min(end+2, len(text))
		}
		wide := end-i >= 2*least-1
		changed = changed || wide
		for first := i; i == first || i < end; i++ {
			if !wide || text[i] != 0 {
				v.add(text[i], i, i+1)
			}
		}
	}
	if !changed {
		return view{}
	}
	return v
}
