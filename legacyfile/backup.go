package legacyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/private"
)

const backupMark = ".corrupt-"

// BackedUp returns the paths of the backups of corrupt files that Update made and
// that still exist. They may hold secrets. If it can't look, it returns none.
func (f *File) BackedUp() []string {
	target, _, err := private.Resolve(f.path)
	if err != nil {
		return nil
	}
	return private.Siblings(target, filepath.Base(target)+backupMark)
}

// backUp gives the corrupt target a second name and returns that. Unlike a rename
// this leaves the file in place until it is replaced. The lock is held.
func (f *File) backUp(target string) (backup string, err error) {
	stamp := target + backupMark + f.now().UTC().Format("20060102T150405Z")
	backup = stamp
	for n := 2; ; n++ {
		err := os.Link(target, backup)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = copyNew(target, backup) // no hard links on this file system
		}
		if err == nil {
			return backup, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("back up %s: %w", f.path, private.Cause(err))
		}
		backup = fmt.Sprintf("%s-%d", stamp, n)
	}
}

func copyNew(from, to string) error {
	data, err := private.Read(from, maxSize, nil)
	if err != nil {
		return err
	}
	return private.Create(to, data)
}
