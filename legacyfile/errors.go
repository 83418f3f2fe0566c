package legacyfile

import (
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// The classes of failure, for errors.Is. No error quotes the file's content.
var (
	// ErrCorrupt: the file, or the entry asked for, can't be parsed; the error
	// is a *[CorruptError].
	ErrCorrupt = errors.New("corrupt")
	// ErrNotOwner: the file, a symbolic link to it or, for root, its directory
	// belongs to another user.
	ErrNotOwner = private.ErrNotOwner
	// ErrTooLarge: the file is, or would become, larger than 1 MiB.
	ErrTooLarge = private.ErrTooLarge
	// ErrNotRegular: a directory, pipe, socket, device or loop of links.
	ErrNotRegular = private.ErrNotRegular
	// ErrBusy: another process held the lock until the wait was over.
	ErrBusy = private.ErrBusy
	// ErrUnsure: the change was made, but a power cut may undo it.
	ErrUnsure = private.ErrUnsure
	// ErrForeign: the entry belongs to Codex. It is read, never removed.
	ErrForeign = errors.New("the entry belongs to Codex")
	// ErrVersion: a later version of the format, which is read as far as it
	// is understood and from which entries are only removed.
	ErrVersion = errors.New("written by a later version")
	// ErrInvalid: what was to be stored is no entry name or no credential.
	ErrInvalid = errors.New("not a credential entry")
	// ErrChanged: what was written did not read back. Another program, which
	// takes no lock, may have written the file at the same moment.
	ErrChanged = errors.New("another program changed the file meanwhile")
)

// maxSize is what an auth.json may hold, in bytes.
const maxSize = 1 << 20

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
