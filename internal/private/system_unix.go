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

// fallbackDirs returns directories of this user that do not depend on the environment.
func fallbackDirs(program string) []string { return fallbackIn(runtimeDirs, temporaryDir, program) }

// fallbackIn returns the user's directories in runtime and temporary, and omits those
// that are another user's.
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

// ownDir creates a directory among those of all users. An existing one must be this
// user's and not a link.
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
