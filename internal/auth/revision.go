package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Revision identifies one write of a record. Compare revisions with ==. The zero
// Revision stands for no record.
type Revision struct {
	SignIn string // random, one for each sign-in
	Count  uint64 // of the writes since the sign-in
	Nonce  string // random, new at each write
}

func newNonce() string { return strings.ToLower(rand.Text())[:16] }

// firstRevision returns the revision of a new sign-in's first write.
func firstRevision() Revision {
	return Revision{SignIn: newNonce() + newNonce(), Count: 1, Nonce: newNonce()}
}

// next returns the revision of the write after r. It begins a sign-in if r has none.
func (r Revision) next() Revision {
	if r.SignIn == "" {
		return firstRevision()
	}
	return Revision{SignIn: r.SignIn, Count: r.Count + 1, Nonce: newNonce()}
}

// sameSignIn reports whether both are of one sign-in.
func (r Revision) sameSignIn(s Revision) bool { return r.SignIn != "" && r.SignIn == s.SignIn }

// hashRevision returns the revision of an entry that has none: a hash of its bytes.
func hashRevision(entry []byte) Revision {
	sum := sha256.Sum256(entry)
	return Revision{Nonce: "sha256:" + hex.EncodeToString(sum[:])}
}

func (r Revision) String() string {
	if r.SignIn == "" {
		return ""
	}
	return r.SignIn + "." + strconv.FormatUint(r.Count, 10) + "." + r.Nonce
}

func parseRevision(text string) (Revision, bool) {
	signIn, rest, _ := strings.Cut(text, ".")
	digits, nonce, _ := strings.Cut(rest, ".")
	count, err := strconv.ParseUint(digits, 10, 64)
	return Revision{signIn, count, nonce}, err == nil && signIn != "" && nonce != ""
}
