package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fragmentSize is how much of a token is a leak, in bytes: no two texts have as much in common by accident.
const fragmentSize = 12

// hostedSecret is in every secret of the services' MCP definitions.
const hostedSecret = "demo-secret-"

// fragments are pieces of everything that must not be shown, in every encoding that it could be shown in, with the
// sign-in that it is of. URLs and JSON leave a token as it is.
type fragments map[string]*signIn

// add takes a secret apart. Of an id_token only the signature counts, because others begin and go on as it does.
func (f fragments) add(secret string, of *signIn) {
	if i := strings.LastIndexByte(secret, '.'); i >= 0 {
		secret = secret[i+1:]
	}
	encoded := []string{secret, hex.EncodeToString([]byte(secret))}
	for shift := range 3 { // what a token looks like in base64 depends on its place in the text
		text := base64.RawStdEncoding.EncodeToString([]byte("..."[:shift] + secret))
		encoded = append(encoded, text[4:len(text)-2])
	}
	for _, text := range encoded {
		for at := 0; at+fragmentSize <= len(text); at += fragmentSize {
			f[text[at:at+fragmentSize]] = of
		}
	}
}

// shows returns where a piece of a secret is in a text, or -1, and whose it is.
func (l *ledger) shows(text string) (int, *signIn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := 0; at+fragmentSize <= len(text); at++ {
		if of, ok := l.secrets[text[at:at+fragmentSize]]; ok {
			return at, of
		}
	}
	return -1, nil
}

// redact returns a text that is about to be shown, if there is no secret in it.
func (w *world) redact(text string) string {
	if at, _ := w.ledger.shows(text); at >= 0 {
		return "[text with a secret]"
	}
	return text
}

// sealed checks that no secret lies in a file, except in the auth.json of its key, or in what a killed command left of that,
// if allowed.
func (w *world) sealed(allowed bool) error {
	return filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		var content []byte
		if err == nil && entry.Type().IsRegular() {
			content, err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the keychain's own temporary files come and go
		}
		text := string(content)
		for at, of := w.ledger.shows(text); at >= 0; at, of = w.ledger.shows(text) {
			if !allowed || of == nil || !strings.HasPrefix(path, filepath.Join(w.authDir(of.key), "auth.json")) {
				w.find(leak, "a secret of %s lies in %s", of, strings.TrimPrefix(path, w.dir))
				break
			}
			text = text[at+fragmentSize:]
		}
		return err
	})
}

// authDir is the directory of a key's auth.json.
func (w *world) authDir(k key) string {
	k = w.shared(k)
	if k.profile == profiles[0] {
		return w.state(k.dir)
	}
	return filepath.Join(w.state(k.dir), "profiles", k.profile)
}
