package legacyfile

import (
	"errors"
	"fmt"
)

// The classes of failure, for errors.Is. No error quotes the file's content.
var (
	// ErrCorrupt: the file can't be parsed; the error is a *[CorruptError].
	ErrCorrupt = errors.New("corrupt")
	// ErrNotOwner: the file, or a symbolic link to it, belongs to another user.
	ErrNotOwner = errors.New("owned by another user")
	// ErrTooLarge: the file is, or would become, larger than 1 MiB.
	ErrTooLarge = errors.New("larger than 1 MiB")
	// ErrNotRegular: a directory, pipe, socket, device or loop of links.
	ErrNotRegular = errors.New("not a regular file")
	// ErrBusy: another process held the lock until the wait was over.
	ErrBusy = errors.New("locked by another process")
	// ErrForeign: the entry belongs to Codex. It is read, never removed.
	ErrForeign = errors.New("the entry belongs to Codex")
	// ErrVersion: a later version of the format, which is read as far as it
	// is understood and never rewritten.
	ErrVersion = errors.New("written by a later version")
	// ErrInvalid: what was given to Set is no entry name or no credential.
	ErrInvalid = errors.New("not a credential entry")
	// ErrChanged: the entry is no longer the one that was to be removed.
	ErrChanged = errors.New("changed meanwhile")
)

// CorruptError says where a file can't be parsed, without quoting it.
// errors.Is(err, ErrCorrupt) holds for it.
type CorruptError struct {
	Path   string
	Line   int    // from 1
	Column int    // from 1, in characters
	Reason string // a fixed phrase
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at line %d, column %d: %s", e.Path, e.Line, e.Column, e.Reason)
}

// Is makes every CorruptError an ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
