package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Revision tells two writes of a record apart. Revisions are compared with ==;
// the zero Revision is that of a record that is not there.
type Revision struct {
	SignIn string // random, one for each sign-in
	Count  uint64 // of the writes since the sign-in
	Nonce  string // random, new at each write
}

func newNonce() string { return strings.ToLower(rand.Text())[:16] }

// firstRevision begins a sign-in.
func firstRevision() Revision {
	return Revision{SignIn: newNonce() + newNonce(), Count: 1, Nonce: newNonce()}
}

// next is the revision of the write after r. It begins a sign-in if r has none.
func (r Revision) next() Revision {
	if r.SignIn == "" {
		return firstRevision()
	}
	return Revision{SignIn: r.SignIn, Count: r.Count + 1, Nonce: newNonce()}
}

// sameSignIn reports whether both are of one sign-in.
func (r Revision) sameSignIn(s Revision) bool { return r.SignIn != "" && r.SignIn == s.SignIn }

// hashRevision is the revision of an entry without one: a hash of its bytes.
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
