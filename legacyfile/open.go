package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSize is what an auth.json may hold, in bytes.
const maxSize = 1 << 20

type untouchedKey struct{}

// untouched marks a context under which reading repairs nothing.
func untouched(ctx context.Context) context.Context {
	return context.WithValue(ctx, untouchedKey{}, true)
}

// read returns the document on disk, an empty one if there is no file.
func (f *File) read(ctx context.Context) (*document, error) {
	_, doc, err := f.load(ctx)
	return doc, err
}

// load is read, and says which file the path leads to. The target is valid
// beside an ErrCorrupt.
func (f *File) load(ctx context.Context) (target string, doc *document, err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	repair := ctx.Value(untouchedKey{}) == nil
	f.checkDir(repair)
	target, info, err := resolve(f.path)
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	var data []byte
	if info != nil {
		data, err = f.readFile(target, info, repair)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	doc, err = parseDocument(data)
	if at, ok := errors.AsType[*fault](err); ok {
		line, column := position(textOf(data), at.offset)
		err = &CorruptError{Path: f.path, Line: line, Column: column, Reason: at.reason}
	}
	return target, doc, err
}

// resolve follows symbolic links from path to the file that they lead to. Its
// info is nil if there is none, as behind a dangling link.
func resolve(path string) (string, fs.FileInfo, error) {
	for range 40 {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil, nil
		}
		if err != nil || info.Mode().Type() != fs.ModeSymlink {
			return path, info, err
		}
		if err := checkLinkOwner(info); err != nil {
			return path, nil, err
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
	return path, nil, fmt.Errorf("%w: symbolic links lead in a circle", ErrNotRegular)
}

// readFile reads a file that is ours. It never blocks on a pipe and never
// opens a device: info says beforehand what is there, the descriptor says it
// again in case that changed.
func (f *File) readFile(target string, info fs.FileInfo, repair bool) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	file, err := openExisting(target)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	if err := checkOwner(file, info); err != nil {
		return nil, err
	}
	f.checkMode(file, info, repair)
	if info.Size() > maxSize {
		return nil, ErrTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = ErrTooLarge
	}
	return data, err
}

// checkMode closes a file that others may read or write, and says so.
func (f *File) checkMode(file *os.File, info fs.FileInfo, repair bool) {
	was, lax := laxFile(file, info)
	if !lax {
		return
	}
	if !repair {
		f.say("%s is open to others (%s)", f.path, was)
	} else if err := closeFile(file); err != nil {
		f.say("%s is open to others (%s), and that can't be changed: %v", f.path, was, err)
	} else {
		f.say("%s was open to others (%s); only you can read and write it now", f.path, was)
	}
}

// checkDir closes a directory of ours in which others may write, and says so.
// A shared one, such as /tmp, is only pointed out.
func (f *File) checkDir(repair bool) {
	dir := filepath.Dir(f.path)
	info, err := os.Stat(dir)
	if err != nil {
		return // absent, or the read itself will say what is wrong
	}
	was, repairable, lax := laxDir(dir, info)
	if !lax {
		return
	}
	if !repair || !repairable {
		f.say("others may write in the directory %s (%s)", dir, was)
	} else if err := os.Chmod(dir, 0o700); err != nil {
		f.say("others may write in the directory %s (%s), and that can't be changed: %v", dir, was, err)
	} else {
		f.say("others were able to write in the directory %s (%s); only you can now", dir, was)
	}
}
