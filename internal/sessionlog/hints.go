package sessionlog

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// hints finds what may have the shape of a secret. Each hint is hintSize bytes
// long, so that one of its three 3-byte grams is at a place that is looked at;
// where one is, the bytes around it are compared. Case does not count.
type hints struct {
	keys  grams           // of those that are no names of pairs
	all   grams           // of all
	marks grams           // two bits for each whole hint
	texts map[uint64]bool // by what folded gives; true for the names of pairs
}

type grams [1 << 10]uint64 // a bit for each hash

const (
	hintSize = 5
	hintGram = 3
	fold     = 0x20 // of each byte; makes letters lower case, and keeps apart what has to be
)

func newHints(prefixes []string) *hints {
	h := &hints{texts: make(map[uint64]bool, 2<<10)}
	for _, stem := range nameStems {
		h.add(stem[:hintSize], true)
	}
	for _, name := range slices.Concat(shortNames, weakNames) {
		for _, after := range "\"'=: `\\)]" { // see separator
			text := name + string(after)
			if len(text) >= hintSize {
				h.add(text[:hintSize], true)
				continue
			}
			for _, before := range "-\"'?&;,.#([{ `<>/|!$*@~^+%:=}])\\" {
				h.add(string(before)+text, true)
			}
		}
	}
	for _, scheme := range schemes {
		h.add(scheme[:hintSize], false)
	}
	for _, prefix := range prefixes {
		if len(prefix) >= hintSize {
			h.add(prefix[:hintSize], false)
			continue
		}
		for _, after := range "-_0123456789abcdefghijklmnopqrstuvwxyz" {
			h.add((prefix + string(after))[:hintSize], false)
		}
	}
	return h
}

func (h *hints) add(text string, pair bool) {
	for i := range hintSize - hintGram + 1 {
		g := slot(uint32(text[i]|fold) | uint32(text[i+1]|fold)<<8 | uint32(text[i+2]|fold)<<16)
		h.all[g>>22] |= 1 << (g >> 16 & 63)
		if !pair {
			h.keys[g>>22] |= 1 << (g >> 16 & 63)
		}
	}
	key := folded(text)
	hash := key * hashFactor
	h.marks[hash>>54] |= 1<<(hash>>48&63) | 1<<(hash>>42&63)
	h.texts[key] = pair
}

// slot is the hash of the lower three bytes of a word.
func slot(word uint32) uint32 { return word << 8 * 0x9E3779B1 }

// folded is a hint as a number.
func folded[T string | []byte](text T) uint64 {
	return uint64(text[4])<<32 | uint64(text[3])<<24 | uint64(text[2])<<16 | uint64(text[1])<<8 | uint64(text[0]) | fold*0x0101010101
}

// in reports that a text may have a hint. Names of pairs are looked for only
// where a separator follows in the same part, or in the one after it.
func (h *hints) in(text []byte) bool {
	const part = 510 // a multiple of the step of scan
	here := hasSeparator(text[:min(part, len(text))])
	for from := 0; from < len(text); from += part {
		end := min(from+part, len(text))
		next := end < len(text) && hasSeparator(text[end-1:min(end+part, len(text))])
		grams := &h.keys
		if here || next {
			grams = &h.all
		}
		if h.scan(text, from, end, grams) {
			return true
		}
		here = next
	}
	for i := bytes.IndexByte(text, 'J'); i >= 0; i = indexFrom(text, 'J', i+1) { // of a JWT
		if i > 1 && text[i-1] == 'y' && text[i-2] == 'e' {
			return true
		}
	}
	for i := bytes.IndexByte(text, '-'); i >= 0; i = indexFrom(text, '-', i+1) { // of many keys
		if i > 1 && text[i-1] == 'k' && text[i-2] == 's' {
			return true
		}
	}
	return bytes.IndexByte(text, '@') >= 0 && bytes.Contains(text, []byte("://"))
}

// hasSeparator reports what comes between a name and its value, or before a flag.
func hasSeparator(text []byte) bool {
	return bytes.IndexByte(text, ':') >= 0 || bytes.IndexByte(text, '=') >= 0 || bytes.Contains(text, []byte("--"))
}

// scan looks at each third place from one to another, two at a time.
func (h *hints) scan(text []byte, i, to int, grams *grams) bool {
	for ; i < to && i+8 <= len(text); i += 2 * hintGram {
		word := binary.LittleEndian.Uint64(text[i:]) | fold*0x0101010101010101
		a, b := slot(uint32(word)), slot(uint32(word>>(8*hintGram)))
		if (grams[a>>22]>>(a>>16&63)|grams[b>>22]>>(b>>16&63))&1 != 0 && h.near(text, i) {
			return true
		}
	}
	return i < to && h.near(text, i) // the last bytes fill no word
}

// near compares the texts that cover one of two places with the hints.
func (h *hints) near(text []byte, i int) bool {
	last := min(i+hintGram, len(text)-hintSize)
	for first := max(0, i-(hintSize-hintGram)); first <= last; first++ {
		key := folded(text[first:])
		hash := key * hashFactor
		if word := h.marks[hash>>54]; word>>(hash>>48&63)&(word>>(hash>>42&63))&1 == 0 {
			continue
		}
		if pair, ok := h.texts[key]; ok && (!pair || nameAt(text, first+1)) {
			return true
		}
	}
	return false
}

// nameAt reports that the name around a place is that of a secret, and that a
// value follows it.
func nameAt(text []byte, i int) bool {
	first, last := i, i
	for first > 0 && isNameByte(text[first-1]) {
		first--
	}
	for last < len(text) && isNameByte(text[last]) {
		last++
	}
	if first == last {
		return false
	}
	_, _, ok := valueAfter(text, first, last)
	return ok && nameKind(text[first:last]) != notSecret
}

// indexFold finds a text that has no upper case in it, whatever the case.
func indexFold(text []byte, lower string) int {
	for i := 0; i+len(lower) <= len(text); i++ {
		if hasFold(text[i:], lower) {
			return i
		}
	}
	return -1
}

// hasFold reports that text begins with lower, whatever the case of its ASCII letters.
func hasFold(text []byte, lower string) bool {
	if len(text) < len(lower) {
		return false
	}
	for i := range len(lower) {
		if toLower(text[i]) != toLower(lower[i]) {
			return false
		}
	}
	return true
}

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
