package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fragmentSize is how much of a token is a leak, in bytes: by accident no two texts have as much in common.
const fragmentSize = 12

// fragments are pieces of everything that must not be shown, in every encoding that it could be shown in. In URLs and
// JSON a token is what it is.
type fragments map[string]bool

// add takes a secret apart. Of an id_token the signature counts: others begin and go on as it does.
func (f fragments) add(secret string) {
	if i := strings.LastIndexByte(secret, '.'); i >= 0 {
		secret = secret[i+1:]
	}
	encoded := []string{secret, hex.EncodeToString([]byte(secret))}
	for shift := range 3 { // a token in base64 looks as its place in the text asks for
		text := base64.RawStdEncoding.EncodeToString([]byte("..."[:shift] + secret))
		encoded = append(encoded, text[4:len(text)-2])
	}
	for _, text := range encoded {
		for at := 0; at+fragmentSize <= len(text); at += fragmentSize {
			f[text[at:at+fragmentSize]] = true
		}
	}
}

// in returns where a piece of a secret is in a text, or -1.
func (f fragments) in(text string) int {
	for at := 0; at+fragmentSize <= len(text); at++ {
		if f[text[at:at+fragmentSize]] {
			return at
		}
	}
	return -1
}

// shows returns where a secret is in a text, or -1.
func (l *ledger) shows(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.secrets.in(text)
}

// hostedSecret is in every secret of the service's MCP definitions.
const hostedSecret = "demo-secret-"

// silent asks whether a command showed a token. `auth token` does, on stdout, and nothing else.
func (w *world) silent(c *command) error {
	said := c.stdout + "\n" + c.stderr
	if strings.HasPrefix(strings.Join(c.args, " "), token) {
		if said = c.stderr; strings.Count(c.stdout, "\n") > 1 || c.code != done && c.code != -1 && c.stdout != "" {
			return errors.New("it printed more than a token")
		}
	}
	if w.service.shows(said) >= 0 || strings.Contains(said, hostedSecret) {
		w.leaks++
		return errors.New("it shows a secret")
	}
	return nil
}

// redact takes the secrets out of a text that is about to be shown.
func (w *world) redact(text string) string {
	for {
		at := w.service.shows(text)
		if at < 0 {
			return text
		}
		text = text[:at] + "[…]" + text[at+fragmentSize:]
	}
}

// sealed asks whether tokens lie in files. In the mode file they do, in auth.json; in the mode auto they may after the
// user asked for it or was told, and until a write succeeds elsewhere; in the mode keychain they never do.
func (w *world) sealed(s *step) error {
	w.clear = w.clear || w.fellBack(s)
	open, err := w.open()
	if err != nil {
		return err
	}
	for _, path := range open {
		name := filepath.Base(path)
		ours := strings.Contains(name, "auth.json") || strings.HasPrefix(strings.TrimPrefix(name, "."), "rescue-")
		if !ours || w.mode == keychain || w.mode == auto && !w.clear {
			return fmt.Errorf("a secret lies in %s", strings.TrimPrefix(path, w.dir))
		}
	}
	if len(open) == 0 && !w.fellBack(s) {
		w.clear = false
	}
	return nil
}

// fellBack reports that a command of the step may have left tokens in a file: it said so, it was asked to, or it was
// ended before it could say.
func (w *world) fellBack(s *step) bool {
	if s.app != nil && s.has(keychainFault) != nil {
		return true // it says so on a screen that may be another by then
	}
	for _, c := range s.commands {
		said := strings.Contains(c.stderr, "not encrypted") || strings.Contains(c.stderr, "did not take the credential")
		cut := (c.killed || c.interrupted.Load()) && s.has(keychainFault) != nil
		if said || cut || c.name == migrateBack {
			return true
		}
	}
	return false
}

// open returns the files of the round that have a secret in them as it is.
func (w *world) open() (paths []string, err error) {
	for _, dir := range []string{w.dir, w.runtime()} {
		err = errors.Join(err, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			var text []byte
			if err == nil && entry.Type().IsRegular() && entry.Name() != "ballast" {
				text, err = os.ReadFile(path)
			}
			logged := filepath.Ext(path) == ".jsonl" && strings.Contains(string(text), hostedSecret)
			if logged || w.service.shows(string(text)) >= 0 {
				paths = append(paths, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the keychain's own temporary files come and go
			}
			return err
		}))
	}
	return paths, err
}
