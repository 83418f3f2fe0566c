// Package private handles the current user's own files and directories: credentials,
// settings, hosted state, logs and lock files.
//
// [Read] returns a file of this user, [ReadTrusted] also follows symbolic links
// and accepts root's files. [Replace] writes a file so that readers see the old
// content or the new, even after a power cut; [Reserve] takes the disk space for
// that beforehand. [MakeDir] creates directories, [CloseFile] and [CloseDir] remove
// others' rights. [Acquire] takes a lock that excludes this user's other processes.
//
// No function follows a symbolic link at the end of a path unless its comment
// says so, blocks on a pipe or opens a device. Files have mode 0600 and
// directories 0700 whatever the umask; on Windows an access list names the
// current user alone. All functions are safe for concurrent use.
package private

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The classes of failure, for errors.Is. No error quotes a file's content.
var (
	// ErrNotOwner: the file, a link to it or its directory belongs to another user.
	ErrNotOwner = errors.New("owned by another user")
	// ErrNotRegular: a directory, pipe, socket, device or link loop.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge: the file is larger than the limit.
	ErrTooLarge = errors.New("too large")
	// ErrUnsure: the change was made, but a power cut may undo it.
	ErrUnsure = errors.New("a power cut may undo the change")
)

// Open opens a regular file of this user for reading. info describes the open
// file. A missing file is fs.ErrNotExist.
func Open(path string) (file *os.File, info fs.FileInfo, err error) { return open(path, checkOwner) }

func open(path string, check func(*os.File, fs.FileInfo) error) (*os.File, fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	file, err := openExisting(path)
	if err != nil {
		return nil, nil, err
	}
	// The file may have been replaced since Lstat; check the one that is open.
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = ErrNotRegular
	}
	if err == nil {
		err = check(file, info)
	}
	if err != nil {
		file.Close()
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return file, info, nil
}

// Read returns the content of a regular file of this user of at most limit bytes.
// It first calls inspect, if that is not nil, with the open file. It retries once
// if a file server reports that the file was replaced (ESTALE).
func Read(path string, limit int64, inspect func(*os.File, fs.FileInfo)) ([]byte, error) {
	return read(path, limit, checkOwner, inspect)
}

// ReadTrusted is [Read] for a file of this user or of root, and follows their
// symbolic links. Use it for settings, which an administrator may have installed.
func ReadTrusted(path string, limit int64) ([]byte, error) {
	target, info, err := Resolve(path)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return read(target, limit, checkTrusted, nil)
}

func read(path string, limit int64, check func(*os.File, fs.FileInfo) error, inspect func(*os.File, fs.FileInfo)) ([]byte, error) {
	once := func() ([]byte, error) {
		file, info, err := open(path, check)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if inspect != nil {
			inspect(file, info)
		}
		if info.Size() > limit {
			return nil, fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, limit)
		}
		data, err := io.ReadAll(io.LimitReader(file, limit+1))
		if err == nil && int64(len(data)) > limit {
			err = fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, limit)
		}
		return data, err
	}
	data, err := once()
	if errors.Is(err, syscall.ESTALE) { // never on Windows
		data, err = once()
	}
	return data, err
}

// RealPath returns the absolute path with the links resolved, as far as it exists.
func RealPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	rest := ""
	for at := path; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if at == filepath.Dir(at) {
			return path
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}

// Resolve follows symbolic links from path to their target; each must be this user's
// or root's. If the target does not exist, info is nil.
func Resolve(path string) (target string, info fs.FileInfo, err error) {
	for range 40 {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil, nil
		}
		if err != nil || info.Mode().Type() != fs.ModeSymlink {
			return path, info, err
		}
		if err := checkLinkOwner(info); err != nil {
			return path, nil, &fs.PathError{Op: "follow", Path: path, Err: err}
		}
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil, err
		}
		if !filepath.IsAbs(link) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return path, nil, err
			}
			link = filepath.Join(dir, link)
		}
		path = link
	}
	return path, nil, fmt.Errorf("%w: too many symbolic links", ErrNotRegular)
}

// CloseFile removes others' rights to an open file of this user, and describes them in
// was; "" if there were none. After an error others still have them.
func CloseFile(file *os.File, info fs.FileInfo) (was string, err error) {
	was, open := fileOpen(file, info)
	if !open {
		return "", nil
	}
	return was, closeFile(file)
}

// Cause returns err without the path that it carries, for a caller that names the path
// itself.
func Cause(err error) error {
	if path, ok := err.(*fs.PathError); ok {
		return path.Err
	}
	return err
}
