package legacyfile

import (
	"context"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Reserve takes disk space for the next Update. An Update that makes the file at most
// size bytes larger then succeeds even if the disk has filled up since. Call release
// after it, to free space that it did not use. If the process is killed, the next
// Update by any process frees the space.
func (f *File) Reserve(ctx context.Context, size int) (release func(), err error) {
	failed := func(err error) error { return fmt.Errorf("reserve space for %s: %w", f.path, private.Cause(err)) }
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

// replace makes text the content of target, in the reserved space if there is any.
// The lock is held.
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
