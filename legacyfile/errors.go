package legacyfile

import (
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// The classes of failure, for errors.Is. No error quotes the file's content.
var (
	// ErrCorrupt: the file, or the requested entry, can't be parsed. The error is
	// a *[CorruptError].
	ErrCorrupt = errors.New("corrupt")
	// ErrNotOwner: the file, a symbolic link to it or, for root, its directory
	// belongs to another user.
	ErrNotOwner = private.ErrNotOwner
	// ErrTooLarge: the file is, or would become, larger than 1 MiB.
	ErrTooLarge = private.ErrTooLarge
	// ErrNotRegular: a directory, pipe, socket, device or link loop.
	ErrNotRegular = private.ErrNotRegular
	// ErrBusy: another process held the lock until the wait ended.
	ErrBusy = private.ErrBusy
	// ErrUnsure: the change was made, but a power cut may undo it.
	ErrUnsure = private.ErrUnsure
	// ErrForeign: the entry belongs to Codex and can't be removed.
	ErrForeign = errors.New("the entry belongs to Codex")
	// ErrVersion: the file is of a later version of the format. Entries can be
	// read and removed, but not stored.
	ErrVersion = errors.New("written by a later version")
	// ErrInvalid: the entry to store is not a credential, or its name is invalid.
	ErrInvalid = errors.New("not a credential entry")
	// ErrChanged: the read-back did not find the written entry. Another program, which
	// takes no lock, may have written the file at the same time.
	ErrChanged = errors.New("another program changed the file at the same time")
)

// maxSize is the largest size of an auth.json in bytes.
const maxSize = 1 << 20

// CorruptError is an ErrCorrupt with the place in the file. It does not quote the file.
type CorruptError struct {
	Path   string
	Line   int    // from 1
	Column int    // from 1, in characters
	Reason string // a fixed phrase
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at line %d, column %d: %s", e.Path, e.Line, e.Column, e.Reason)
}

// Is matches ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
