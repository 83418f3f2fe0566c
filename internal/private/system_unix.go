//go:build unix

package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// temporaryDir is the same for all processes, unlike TMPDIR.
const temporaryDir = "/tmp"

// fallbackDirs are directories of this user that do not depend on the environment.
// It leaves out the one in /tmp if that is another user's.
func fallbackDirs(program string) []string { return fallbackIn(runtimeDirs, temporaryDir, program) }

func fallbackIn(runtime, temporary, program string) (dirs []string) {
	uid := strconv.Itoa(os.Geteuid())
	if runtime != "" {
		dir := filepath.Join(runtime, uid)
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && isOurs(info) {
			dirs = append(dirs, filepath.Join(dir, program))
		}
	}
	if dir := filepath.Join(temporary, program+"-"+uid); ownDir(dir) == nil {
		dirs = append(dirs, dir)
	}
	return dirs
}

// ownDir creates a directory in a place that all users share. An existing one must
// be this user's and no link.
func ownDir(dir string) error {
	if err := makeOne(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	root, err := OpenDir(dir)
	if err != nil {
		return err
	}
	return root.Close()
}
