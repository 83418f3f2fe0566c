package sessionlog

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

const (
	maxPiece = 12 // bytes of a secret, or of its encoding, that leave a trace
	minPiece = 8  // the same, once a secret is told that is shorter than maxPiece
	gramSize = 6

	encodedPart = 4 * longRun // bytes

	minStride = minPiece - gramSize + 1
	maxStride = maxPiece - gramSize + 1
)

// traces finds a piece of a secret, plain or encoded, without decoding: it
// knows every gramSize bytes in a row of every encoding, and looks at a text at
// each stride-th place alone. Any piece of stride+gramSize-1 bytes covers such a
// place. The grams are in a Bloom filter, so it may see a trace where none is.
type traces struct {
	stride int
	count  int // of grams
	bits   []uint64
	shift  uint     // of a hash, to index a bit
	words  [][]byte // searched as they are
}

const hashFactor = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio (Knuth 6.4)

// newTraces adds the traces of secrets to those that are there already; all are
// the secrets that then are known. With 16 bits a gram, one place in 100000 is a
// mistake.
func newTraces(known *traces, news, all []string) *traces {
	t := &traces{stride: maxStride}
	if known != nil {
		t.stride, t.count, t.words = known.stride, known.count, slices.Clone(known.words)
	}
	for _, secret := range news {
		if len(secret) < wholeWord {
			t.words = append(t.words, []byte(secret), []byte(quoted(secret)))
		}
		if len(secret) < maxPiece {
			t.stride = minStride
		}
		for range gramsOf(secret) {
			t.count++
		}
	}
	size := uint(13)
	for 1<<size < 16*t.count && size < 25 {
		size++
	}
	if t.shift = 64 - (size - 6); known != nil && known.shift == t.shift {
		t.bits, all = slices.Clone(known.bits), news
	} else {
		t.bits = make([]uint64, 1<<(size-6))
	}
	for _, secret := range all {
		for g := range gramsOf(secret) {
			t.add(g)
		}
	}
	return t
}

func (t *traces) add(g uint64) {
	for range 2 {
		g *= hashFactor
		t.bits[g>>t.shift] |= marks(g)
	}
}

// gramsOf are the grams of a secret and its encodings. What follows encodedPart
// leaves those of itself alone: it has long runs in most encodings, and grams
// are many.
func gramsOf(secret string) iter.Seq[uint64] {
	codes := encodings(secret[:min(len(secret), encodedPart)])
	if len(secret) > encodedPart {
		codes = append(codes, secret[encodedPart-gramSize+1:], quoted(secret))
	}
	return func(yield func(uint64) bool) {
		for _, code := range codes {
			for i := 0; i+gramSize <= len(code); i++ {
				if !yield(gram(code[i:])) {
					return
				}
			}
		}
	}
}

// marks are the bits of a gram in one word of the filter.
func marks(hash uint64) uint64 {
	return 1<<(hash>>34&63) | 1<<(hash>>28&63) | 1<<(hash>>22&63) | 1<<(hash>>16&63)
}

// gram is gramSize bytes as a number, in its upper bits.
func gram[T string | []byte](text T) (g uint64) {
	for j := range gramSize {
		g |= uint64(text[j]) << (64 - 8*gramSize + 8*j)
	}
	return g
}

// in reports that a text may have a piece of a secret.
func (t *traces) in(text []byte, stride int) bool {
	i, bits, shift := 0, t.bits, t.shift&63
	for ; i+8 <= len(text); i += stride {
		g := binary.LittleEndian.Uint64(text[i:]) << (64 - 8*gramSize)
		h := g * hashFactor
		word := bits[h>>(shift&63)]
		if word&(1<<(h>>34&63)) != 0 && word&(1<<(h>>28&63)) != 0 && word&(1<<(h>>22&63)) != 0 && t.has(g) {
			return true
		}
	}
	for ; i+gramSize <= len(text); i += stride { // the last bytes fill no word
		if t.has(gram(text[i:])) {
			return true
		}
	}
	for _, word := range t.words {
		if bytes.Contains(text, word) {
			return true
		}
	}
	return false
}

// has looks at both words of a gram.
func (t *traces) has(g uint64) bool {
	g *= hashFactor
	if m := marks(g); t.bits[g>>t.shift]&m != m {
		return false
	}
	g *= hashFactor
	m := marks(g)
	return t.bits[g>>t.shift]&m == m
}
