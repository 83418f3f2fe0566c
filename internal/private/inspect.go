package private

import (
	"io/fs"
	"os"
)

// Inspect reports how others may use a file or directory, such as "mode 0644"; "" if only
// this user may. It changes nothing and follows no link. The errors are those of [Open].
func Inspect(path string) (open string, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		if !isOurs(info) {
			return "", &fs.PathError{Op: "open", Path: path, Err: ErrNotOwner}
		}
		return ifOpen(dirOpen(info))
	}
	file, info, err := Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return ifOpen(fileOpen(file, info))
}

func ifOpen(was string, open bool) (string, error) {
	if !open {
		was = ""
	}
	return was, nil
}

// CloseToOthers removes the rights that [Inspect] reports.
func CloseToOthers(path string) error {
	if info, err := os.Lstat(path); err != nil || info.IsDir() {
		if err == nil {
			_, err = CloseDir(path)
		}
		return err
	}
	file, info, err := Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = CloseFile(file, info)
	return err
}
