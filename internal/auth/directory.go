package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Directory is a state directory. A random id in one of its files names it in the
// keychain, so that it stays the same when it is moved, linked or mounted. Only the
// .mogplex in the home that the user database names has no id, so that a process
// with another HOME does not reach the person's own items.
type Directory struct {
	Path string
	// UserHome returns the home that the user database names, or HOME's if it
	// names none; "" if there is no home.
	UserHome func() string

	mu    sync.Mutex
	known bool
	id    string
}

const (
	idFile  = "id"
	idLimit = 1 << 10 // bytes
	idBytes = 16
)

// ID names the directory in the keychain; it is empty for the user's own. Without an
// id file it is a hash of the real path, until this or another process creates the
// file.
func (d *Directory) ID() string {
	id, _ := d.find()
	return id
}

// ErrBadID says that the id file can't be read. The keychain may have items of the
// directory, but their names are unknown.
var ErrBadID = errors.New("the keychain items of this directory can't be found")

// find returns the ID, or ErrBadID.
func (d *Directory) find() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known {
		return d.id, nil
	}
	if d.isUsersOwn() {
		d.known = true
		return "", nil
	}
	id, err := d.readFile()
	switch {
	case err == nil:
		d.known, d.id = true, id
		return id, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, private.ErrNotOwner):
		return d.pathHash(), nil
	}
	return d.pathHash(), fmt.Errorf("%w: %s: %w", ErrBadID, filepath.Join(d.Path, idFile), private.Cause(err))
}

// isUsersOwn reports whether the directory is .mogplex in the user's home, whatever
// links lead there.
func (d *Directory) isUsersOwn() bool {
	home := d.UserHome()
	if home == "" {
		return false
	}
	own := filepath.Join(home, ".mogplex")
	if own == d.Path {
		return true
	}
	a, errA := os.Stat(own)
	b, errB := os.Stat(d.Path)
	if errA == nil || errB == nil {
		return errA == nil && errB == nil && os.SameFile(a, b)
	}
	return private.RealPath(own) == private.RealPath(d.Path)
}

func (d *Directory) pathHash() string { return digest(private.RealPath(d.Path)) }

func (d *Directory) readFile() (string, error) {
	text, err := private.ReadTrusted(filepath.Join(d.Path, idFile), idLimit)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(text))
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != idBytes {
		return "", errors.New("it is damaged")
	}
	return hex.EncodeToString(raw), nil // in lower case, as keychain names are
}

// idWait is how long MakeID waits for another process that creates the id.
const idWait = 5 * time.Second

// MakeID creates the directory's id file, before something is first stored under its
// name. The id is random, unless inUse reports that the keychain has items under the
// hash of the path, from a time when the directory was not writable: then the hash
// becomes the id. If inUse fails or the file can't be written, the hash is used
// without a file.
func (d *Directory) MakeID(ctx context.Context, inUse func(ctx context.Context, id string) (bool, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isUsersOwn() {
		return
	}
	if id, err := d.readFile(); err == nil {
		d.known, d.id = true, id
		return
	}
	// A directory that was removed while this process ran gets the same id again.
	id, keep := d.id, d.id != ""
	if !keep { // before the file is locked, because a keychain may ask a person
		var err error
		id = d.pathHash()
		if keep, err = inUse(ctx, id); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, idWait)
	defer cancel()
	lock, err := private.Acquire(ctx, filepath.Join(d.Path, "locks", "id.lock"), private.LockOptions{})
	if err != nil {
		return
	}
	defer lock.Unlock()
	if _, err := d.readFile(); !errors.Is(err, fs.ErrNotExist) {
		return // another process created it, or it is damaged
	}
	if !keep {
		random := make([]byte, idBytes)
		rand.Read(random)
		id = hex.EncodeToString(random)
	}
	_ = private.Replace(filepath.Join(d.Path, idFile), []byte(id+"\n"))
}
