package legacyfile

import (
	"context"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Reserve takes the disk space that the next Update needs if it makes the file
// at most size bytes larger, so that a disk that fills up in between does not
// keep it from being stored. release gives back what that Update did not use; if
// the process is killed, the next Update of anybody does.
func (f *File) Reserve(ctx context.Context, size int) (release func(), err error) {
	failed := func(err error) error { return fmt.Errorf("reserve space for %s: %w", f.path, cause(err)) }
	if err := ctx.Err(); err != nil {
		return nil, failed(err)
	}
	target, info, err := private.Resolve(f.path)
	if err != nil {
		return nil, failed(err)
	}
	const layout = 1 << 10 // names and white space
	size += layout
	if info != nil {
		size += int(min(info.Size(), maxSize))
	}
	reserved, err := private.Reserve(target, min(size, maxSize))
	if err != nil {
		return nil, failed(err)
	}
	f.mu.Lock()
	previous := f.reserved
	f.reserved = reserved
	f.mu.Unlock()
	if previous != nil {
		previous.Release()
	}
	return func() {
		f.mu.Lock()
		mine := f.reserved == reserved
		if mine {
			f.reserved = nil
		}
		f.mu.Unlock()
		if mine {
			reserved.Release()
		}
	}, nil
}

// replace makes text the content of target, in the space that was reserved for
// it if there is any. The lock is held.
func (f *File) replace(target string, text []byte) error {
	f.mu.Lock()
	reserved := f.reserved
	if reserved != nil && reserved.Path() == target {
		f.reserved = nil
	} else {
		reserved = nil
	}
	f.mu.Unlock()
	if reserved != nil {
		return reserved.Replace(text)
	}
	return private.Replace(target, text)
}
