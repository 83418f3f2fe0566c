//go:build unix

package hosted_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// A file of another kind is not read, never blocks, and is replaced if that loses nothing.
func TestFilesOfOtherKindsAreReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		plant func(path string) error
		stays bool
	}{
		"pipe":           {plant: func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		"link":           {plant: func(path string) error { return os.Symlink("/etc/passwd", path) }},
		"link to device": {plant: func(path string) error { return os.Symlink("/dev/zero", path) }},
		"directory":      {plant: func(path string) error { return os.Mkdir(path, 0o700) }},
		"full directory": {plant: func(path string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) }, stays: true},
		"no permission":  {plant: func(path string) error { return os.WriteFile(path, nil, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			service, catalog := catalogOf(t, "me")
			for _, file := range []string{"models.remote.json", "mcp-servers.remote.json"} {
				if err := c.plant(filepath.Join(catalog.Dir, file)); err != nil {
					t.Fatal(err)
				}
			}
			if err := served(t, service, *catalog); !errors.Is(err, hosted.ErrUnreachable) {
				t.Error(err)
			}
			got, err := catalog.Models(t.Context(), 0)
			if err != nil || len(got.List) != 3 || (got.NotCached != nil) != c.stays {
				t.Fatalf("%d models, %v, not cached %v", len(got.List), err, got.NotCached)
			}
			info, err := os.Lstat(filepath.Join(catalog.Dir, "models.remote.json"))
			if err != nil || !c.stays && info.Mode() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if entries, _ := os.ReadDir(catalog.Dir); len(entries) != 2 {
				t.Errorf("left: %v", entries)
			}
		})
	}
}

func TestAFileOfAnotherUserIsNotRead(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	service, c := catalogOf(t, "me")
	fetch(t, *c)
	if err := os.Chown(filepath.Join(c.Dir, "models.remote.json"), 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := served(t, service, *c); !errors.Is(err, hosted.ErrUnreachable) {
		t.Error(err)
	}
}
