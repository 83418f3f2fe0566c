package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// fragmentSize is how much of a token is a leak, in bytes: by accident no two texts have as much in common.
const fragmentSize = 12

// fragments are pieces of everything that must not be shown, in every encoding that it could be shown in, with the
// sign-in that it is of. In URLs and JSON a token is what it is.
type fragments map[string]*family

// add takes a secret apart. Of an id_token the signature counts: others begin and go on as it does.
func (f fragments) add(secret string, of *family) {
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
			f[text[at:at+fragmentSize]] = of
		}
	}
}

// in returns where a piece of a secret is in a text, or -1, and whose it is.
func (f fragments) in(text string) (int, *family) {
	for at := 0; at+fragmentSize <= len(text); at++ {
		if of, ok := f[text[at:at+fragmentSize]]; ok {
			return at, of
		}
	}
	return -1, nil
}

// shows returns where a secret is in a text, or -1, and whose it is.
func (l *ledger) shows(text string) (int, *family) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.secrets.in(text)
}

// hostedSecret is in every secret of the services' MCP definitions.
const hostedSecret = "demo-secret-"

// silent checks that a command showed no secret. `auth token` does, on stdout, and nothing else.
func (w *world) silent(c *command) {
	said := c.stdout + "\n" + c.stderr
	if c.name == token {
		said = c.stderr
	}
	if at, _ := w.ledger.shows(said); at >= 0 || strings.Contains(said, hostedSecret) {
		w.blame(c, leak, "it shows a secret")
	}
}

// redact takes the secrets out of a text that is about to be shown.
func (w *world) redact(text string) string {
	for {
		at, _ := w.ledger.shows(text)
		if at < 0 {
			return text
		}
		text = text[:at] + "[…]" + text[at+fragmentSize:]
	}
}

// watchArguments looks for secrets in the arguments of all processes, until the returned function is called.
func (w *world) watchArguments() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, path := range paths {
				words, _ := os.ReadFile(path) // one that has ended has none
				if at, of := w.ledger.shows(string(words)); at >= 0 {
					w.find(leak, "a process has a secret of %s among its arguments", of)
					return
				}
			}
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() { close(end); <-ended }
}

// mayLieOpen enters which sign-ins a step's commands can have put into an auth.json: one that was made without a keychain,
// or was moved there.
func (w *world) mayLieOpen(s *step) {
	for _, c := range s.all() {
		enters := (c.name == login || c.name == loginToken) && c.view.file() && (!c.view.keychain() || s.gap())
		for _, f := range w.ledger.since(0) {
			f.plain = f.plain || (c.name == migrateBack || enters && f.number > s.had) && w.about(c, f.key)
		}
	}
}

// sealed checks that no secret lies in a file, but those of auth.json in that file or in what a killed command left of it.
func (w *world) sealed() error {
	return w.files(func(path, text string) {
		for {
			at, of := w.ledger.shows(text)
			if at < 0 {
				return
			}
			text = text[at+fragmentSize:]
			ours := of != nil && filepath.Dir(path) == filepath.Dir(w.authFile(of.key)) &&
				strings.Contains(filepath.Base(path), "auth.json")
			if !ours || !of.plain {
				w.find(leak, "a secret of %s lies in %s", of, strings.TrimPrefix(path, w.dir))
				return
			}
		}
	})
}

// files calls each for every file of the round.
func (w *world) files(each func(path, text string)) (err error) {
	roots := []string{w.dir}
	for _, variable := range w.keyring.Env() {
		if dir, ok := strings.CutPrefix(variable, "XDG_RUNTIME_DIR="); ok {
			roots = append(roots, dir)
		}
	}
	for _, root := range slices.Compact(roots) {
		err = errors.Join(err, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			var text []byte
			if err == nil && entry.Type().IsRegular() && entry.Name() != "ballast" {
				if text, err = os.ReadFile(path); err == nil {
					each(path, string(text))
				}
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the keychain's own temporary files come and go
			}
			return err
		}))
	}
	return err
}

// leftInFiles finds what signing out of everything should have removed: secrets, and files that are no lock and no setting.
func (w *world) leftInFiles() error {
	return w.files(func(path, text string) {
		if at, of := w.ledger.shows(text); at >= 0 {
			w.find(leak, "signed out of everything, and a secret of %s lies in %s", of, strings.TrimPrefix(path, w.dir))
		}
		name := filepath.Base(path)
		kept := filepath.Ext(name) == ".lock" || filepath.Base(filepath.Dir(path)) == "locks" || name == "id" || name == "changed"
		if strings.HasPrefix(path, w.base()) && !kept {
			w.find(other, "signed out of everything, and %s is left", strings.TrimPrefix(path, w.dir))
		}
	})
}
