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

// BackedUp lists the files that Update backed up because they were corrupt, and
// that are still there. They may hold secrets.
func (f *File) BackedUp() []string {
	target, _, err := private.Resolve(f.path)
	if err != nil {
		return nil
	}
	return private.Siblings(target, filepath.Base(target)+backupMark)
}

// backUp gives the corrupt target a second name, so that at no instant its
// content has none, and returns it. The lock is held.
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
			return "", fmt.Errorf("back up %s: %w", f.path, cause(err))
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
