package keyring

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// What an item holds is ASCII, because KeePassXC and KWallet damage other
// bytes and macOS' security hex-encodes them:
//
//	kr1:LENGTH:CHECKSUM:BASE64URL    a whole value
//	krm1:LENGTH:CHECKSUM:PARTS:GEN   a manifest: the value is in PARTS items
//
// LENGTH is the value's in bytes, CHECKSUM the first 16 hex digits of its
// SHA-256. A part is the value's base64url text, cut.
const (
	wholePrefix    = "kr1:"
	manifestPrefix = "krm1:"
)

func checksum(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:8])
}

func encodeWhole(value []byte) string {
	return wholePrefix + strconv.Itoa(len(value)) + ":" + checksum(value) + ":" +
		base64.RawURLEncoding.EncodeToString(value)
}

// manifest is what the last item written of a value in parts says.
type manifest struct {
	length int
	sum    string
	parts  int
	gen    string // generation: the parts' common name, new at every write
}

func (m manifest) encode() string {
	return manifestPrefix + strconv.Itoa(m.length) + ":" + m.sum + ":" + strconv.Itoa(m.parts) + ":" + m.gen
}

// decode reads an item: a whole value, or a manifest where m is not nil.
func decode(payload string) (value []byte, m *manifest, err error) {
	switch {
	case payload == "":
		return nil, nil, fail(ErrCorrupt, "it is blank")
	case strings.HasPrefix(payload, wholePrefix):
		f := strings.Split(payload[len(wholePrefix):], ":")
		if len(f) != 3 {
			return nil, nil, fail(ErrCorrupt, "its header is cut off")
		}
		value, err = verify(f[0], f[1], f[2])
		return value, nil, err
	case strings.HasPrefix(payload, manifestPrefix):
		m, err = decodeManifest(strings.Split(payload[len(manifestPrefix):], ":"))
		return nil, m, err
	}
	return nil, nil, fail(ErrCorrupt, "it was not written by this program")
}

func decodeManifest(f []string) (*manifest, error) {
	if len(f) != 4 {
		return nil, fail(ErrCorrupt, "its header is cut off")
	}
	length, err1 := strconv.Atoi(f[0])
	parts, err2 := strconv.Atoi(f[2])
	if err1 != nil || err2 != nil || length < 0 || length > MaxValue || parts < 1 || parts > maxParts || !validGeneration(f[3]) {
		return nil, fail(ErrCorrupt, "its list of parts is damaged")
	}
	return &manifest{length: length, sum: f[1], parts: parts, gen: f[3]}, nil
}

// verify decodes text and holds it against the recorded length and checksum.
func verify(length, sum, text string) ([]byte, error) {
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || strconv.Itoa(len(value)) != length || checksum(value) != sum {
		return nil, fail(ErrCorrupt, "its length or checksum is wrong")
	}
	return value, nil
}
