package sessionlog

import (
	"bytes"
	"slices"
)

const (
	maxDepth  = 3  // encodings, one in another
	maxEffort = 96 // bytes decoded for each byte of a text
)

// finder searches one text.
type finder struct {
	*rules
	effort int // bytes that may still be decoded
	gaveUp bool
}

// clean returns a text without its secrets, and whether it had any. A text that
// takes too long to search is a secret as a whole.
func (r *rules) clean(text []byte) ([]byte, bool) {
	hit := make([]bool, len(text))
	found := false
	f := finder{rules: r, effort: maxEffort*len(text) + 4<<10}
	f.find(text, 0, func(i, j int) {
		found = true
		for ; i < j; i++ {
			hit[i] = true
		}
	})
	if f.gaveUp {
		return []byte(redacted), true
	}
	if !found {
		return text, false
	}
	var out []byte
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && hit[j] == hit[i] {
			j++
		}
		if hit[i] {
			out = append(out, redacted...)
		} else {
			out = append(out, text[i:j]...)
		}
		i = j
	}
	return out, true
}

// find marks the secrets of a text: those in it, and those in what it decodes to.
func (f *finder) find(text []byte, depth int, mark func(i, j int)) {
	if f.traces.in(text, minStride) {
		f.known(text, mark)
	}
	f.shapes(text, mark)
	if depth == maxDepth {
		return
	}
	for i, decode := range decoders {
		v, next := decode(text), depth+1
		if i < tidies {
			next = depth
		}
		if len(v.text) == 0 {
			continue
		}
		if f.effort -= len(v.text); f.effort < 0 {
			f.gaveUp = true
		}
		if f.gaveUp {
			return
		}
		f.find(v.text, next, func(i, j int) { v.mark(i, j, mark) })
	}
}

// known marks the secrets that were told, whole or cut.
func (r *rules) known(text []byte, mark func(i, j int)) {
	for i := 0; i+minPiece <= len(text); i++ {
		end := i
		for _, s := range r.pieces[string(text[i:i+minPiece])] {
			if last := r.match(text, i, s); last > end {
				end = last
			}
		}
		if end > i {
			mark(i, end)
			i = max(i, end-minPiece)
		}
	}
	for _, word := range r.words {
		for i := 0; i+len(word) <= len(text); i++ {
			last := i + len(word)
			if string(text[i:last]) == word && (i == 0 || !isAlnum(text[i-1])) && (last == len(text) || !isAlnum(text[last])) {
				mark(i, last)
			}
		}
	}
}

// match returns where the part of a secret that begins at i of text ends, or i
// where it is too little to tell it from ordinary text.
func (r *rules) match(text []byte, i int, s spot) int {
	secret := r.secrets[s.secret][s.offset:]
	n := minPiece
	for n < len(secret) && i+n < len(text) && secret[n] == text[i+n] {
		n++
	}
	whole := s.offset == 0 && n == len(secret)
	if whole || n >= 2*minPiece || slices.ContainsFunc(text[i:i+n], isUnusual) {
		return i + n
	}
	return i
}

// isUnusual reports a byte that "https://" and "application" have none of: a piece
// without one is in many texts that have nothing to do with the secret.
func isUnusual(c byte) bool {
	return (c < 'a' || c > 'z') && bytes.IndexByte([]byte(" /:.-_"), c) < 0
}
