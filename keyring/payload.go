package keyring

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// An item holds ASCII, because KeePassXC and KWallet damage other bytes and macOS' security hex-encodes them:
//
//	kr1:COUNT:LENGTH:CHECKSUM:PARTS:TAIL    a value
//	kr1:COUNT:deleted                       a marker: the item waits for a person to confirm its deletion
//
// COUNT is the number of times the account was written; of several items for one account, readers use the one with the
// highest. LENGTH is the value's in bytes, CHECKSUM the first 16 hex digits of its SHA-256. The texts of the parts and
// TAIL together are the value in base64url. PARTS is empty for a value without parts, else their number, a dot, and one
// bit for each that says which of its two items holds it.
const (
	prefix      = "kr1:"
	deletedWord = "deleted"
	maxParts    = 4096
)

// isOurs reports whether a payload is one of this package's.
func isOurs(payload string) bool { return strings.HasPrefix(payload, prefix) }

// header is an item's payload without TAIL.
type header struct {
	count   uint64
	deleted bool
	length  int
	sum     string
	slots   []bool // for each part: false is its first item, true its second
}

func checksum(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:8])
}

func encodeText(value []byte) string { return base64.RawURLEncoding.EncodeToString(value) }

func (h header) encode(tail string) string {
	begin := prefix + strconv.FormatUint(h.count, 10) + ":"
	if h.deleted {
		return begin + deletedWord
	}
	return begin + strconv.Itoa(h.length) + ":" + h.sum + ":" + encodeSlots(h.slots) + ":" + tail
}

// isMarker reports whether a payload marks its item as deleted.
func isMarker(payload string) bool {
	h, _, err := decode(payload)
	return err == nil && h.deleted
}

// countOf reads a payload's COUNT; 0 if it can't be read.
func countOf(payload string) uint64 {
	text, _ := strings.CutPrefix(payload, prefix)
	text, _, _ = strings.Cut(text, ":")
	n, _ := strconv.ParseUint(text, 10, 62)
	return n
}

// decode reads an item. Its error is ErrCorrupt and never quotes the item.
func decode(payload string) (h header, tail string, err error) {
	if payload == "" {
		return h, "", fail(ErrCorrupt, "it is blank")
	}
	if !isOurs(payload) {
		return h, "", fail(ErrCorrupt, "it was not written by this program")
	}
	h.count = countOf(payload)
	f := strings.Split(payload[len(prefix):], ":")
	if len(f) == 2 && f[1] == deletedWord {
		h.deleted = true
		return h, "", nil
	}
	if len(f) != 5 {
		return h, "", fail(ErrCorrupt, "its header is cut off")
	}
	slots, ok := decodeSlots(f[3])
	h.length, err = strconv.Atoi(f[1])
	if !ok || err != nil || h.length < 0 || h.length > maxStored {
		return h, "", fail(ErrCorrupt, "its header is damaged")
	}
	h.sum, h.slots = f[2], slots
	return h, f[4], nil
}

// verify decodes a value's text and checks it against the header.
func (h header) verify(text string) ([]byte, error) {
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(value) != h.length || checksum(value) != h.sum {
		return nil, fail(ErrCorrupt, "its length or checksum is wrong")
	}
	return value, nil
}

func encodeSlots(slots []bool) string {
	if len(slots) == 0 {
		return ""
	}
	bits := make([]byte, (len(slots)+7)/8)
	for i, second := range slots {
		if second {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return strconv.Itoa(len(slots)) + "." + encodeText(bits)
}

func decodeSlots(text string) (slots []bool, ok bool) {
	if text == "" {
		return nil, true
	}
	number, encoded, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxParts {
		return nil, false
	}
	bits, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(bits) != (n+7)/8 {
		return nil, false
	}
	slots = make([]bool, n)
	for i := range slots {
		slots[i] = bits[i/8]&(1<<(i%8)) != 0
	}
	return slots, true
}
