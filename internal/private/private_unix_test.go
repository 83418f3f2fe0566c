//go:build unix

package private

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return info.Mode()
}

func TestOddFilesAreRefusedAtOnce(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":      func(path string) error { return os.Symlink("/dev/null", path) },
		"socket": func(path string) error {
			socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
			if err == nil {
				t.Cleanup(func() { socket.Close() })
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "odd")
			must(t, err)
			t.Cleanup(func() { os.RemoveAll(dir) })
			path := filepath.Join(dir, "file")
			must(t, plant(path))
			if _, err := Read(path, 100, nil); !errors.Is(err, ErrNotRegular) {
				t.Errorf("Read: %v", err)
			}
			if name == "link" {
				if _, err := openExisting(path); !errors.Is(err, ErrNotRegular) {
					t.Errorf("a link that appears after Lstat: %v", err)
				}
			}
			if _, err := ReadTrusted(path, 100); !errors.Is(err, ErrNotRegular) {
				t.Errorf("ReadTrusted: %v", err)
			}
			must(t, Replace(path, []byte("ours")))
			if content(t, path) != "ours" || modeOf(t, path) != 0o600 {
				t.Error("it was not replaced")
			}
		})
	}
}

func TestLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, Create(path, []byte("12345")))
	if data, err := Read(path, 5, nil); string(data) != "12345" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Read(path, 4, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	must(t, os.Truncate(path, 1<<40)) // sparse: too large to read
	if _, err := Read(path, 5, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestFilesAndLinksOfOthersAreRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	theirs, link, target := filepath.Join(dir, "theirs"), filepath.Join(dir, "link"), filepath.Join(dir, "target")
	must(t, Create(theirs, nil))
	must(t, os.Chown(theirs, 12345, 12345))
	must(t, Create(target, []byte("ours")))
	must(t, os.Symlink(target, link))
	if data, err := ReadTrusted(link, 100); string(data) != "ours" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	must(t, os.Lchown(link, 12345, 12345))
	_, errRead := Read(theirs, 100, nil)
	_, errTrusted := ReadTrusted(theirs, 100)
	_, _, errLink := Resolve(link)
	for _, err := range []error{errRead, errTrusted, errLink} {
		if !errors.Is(err, ErrNotOwner) {
			t.Errorf("got %v", err)
		}
	}
	Sweep(theirs)
	temp := filepath.Join(dir, ".theirs.tmp-X")
	must(t, os.Rename(theirs, temp))
	Sweep(theirs)
	if _, err := os.Lstat(temp); err != nil {
		t.Error("a file of another user was removed")
	}
}

func TestResolveFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "vault"), 0o700))
	must(t, os.Symlink("vault/hop", filepath.Join(dir, "link")))
	must(t, os.Symlink("real", filepath.Join(dir, "vault", "hop")))
	want := filepath.Join(dir, "vault", "real")
	if target, info, err := Resolve(filepath.Join(dir, "link")); target != want || info != nil || err != nil {
		t.Errorf("dangling: %s, %v, %v", target, info, err)
	}
	must(t, Create(want, nil))
	if target, info, err := Resolve(filepath.Join(dir, "link")); target != want || info == nil || err != nil {
		t.Errorf("%s, %v, %v", target, info, err)
	}
	must(t, os.Symlink("circle", filepath.Join(dir, "circle")))
	if _, _, err := Resolve(filepath.Join(dir, "circle")); !errors.Is(err, ErrNotRegular) {
		t.Errorf("circle: %v", err)
	}
}

func TestUmaskMakesNoDifference(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	for _, mask := range []int{0, 0o077, 0o277, 0o777} {
		syscall.Umask(0o022)
		path := stateFile(t)
		lock := filepath.Join(filepath.Dir(path), "locks", "lock")
		syscall.Umask(mask)
		must(t, Replace(path, nil))
		must(t, Create(path+"2", nil))
		for range 2 {
			held, err := Acquire(t.Context(), lock, LockOptions{})
			must(t, err)
			held.Unlock()
		}
		for name, want := range map[string]os.FileMode{path: 0o600, path + "2": 0o600, lock: 0o600,
			filepath.Dir(path): 0o700 | fs.ModeDir, filepath.Dir(lock): 0o700 | fs.ModeDir} {
			if got := modeOf(t, name); got != want {
				t.Errorf("umask %03o: %s is %v", mask, name, got)
			}
		}
	}
}

func TestDirectoriesAreClosedOrLeftAlone(t *testing.T) {
	for mode, want := range map[os.FileMode]os.FileMode{
		0o755: 0o700, 0o777: 0o700, 0o710: 0o700, 0o700: 0o700, 0o500: 0o500, 0o777 | fs.ModeSticky: 0o777 | fs.ModeSticky,
	} {
		dir := t.TempDir()
		must(t, os.Chmod(dir, mode))
		was, err := CloseDir(dir)
		reported := strings.Contains(was, strconv.FormatInt(int64(mode.Perm()), 8))
		if got := modeOf(t, dir) &^ fs.ModeDir; got != want || err != nil || reported != (mode != want) {
			t.Errorf("%v became %v: %q, %v", mode, got, was, err)
		}
	}
	if was, err := CloseDir(stateFile(t)); was != "" || err != nil {
		t.Errorf("missing: %q, %v", was, err)
	}
}

func TestOpenDirRefusesLinksAndFiles(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink(t.TempDir(), filepath.Join(dir, "link")))
	must(t, Create(filepath.Join(dir, "file"), nil))
	must(t, os.Mkdir(filepath.Join(dir, "lax"), 0o755))
	for name, ok := range map[string]bool{"link": false, "file": false, "lax": true} {
		root, err := OpenDir(filepath.Join(dir, name))
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
		if ok {
			root.Close()
		}
	}
	if got := modeOf(t, filepath.Join(dir, "lax")).Perm(); got != 0o700 {
		t.Errorf("mode %v", got)
	}
}

func TestInspectReportsAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	must(t, Create(file, nil))
	must(t, os.Symlink(file, link))
	for path, lax := range map[string]os.FileMode{file: 0o644, dir: 0o755} {
		strict := modeOf(t, path).Perm() &^ 0o077
		for _, mode := range []os.FileMode{lax, strict} {
			must(t, os.Chmod(path, mode))
			open, err := Inspect(path)
			if (open != "") != (mode == lax) || err != nil || modeOf(t, path).Perm() != mode {
				t.Errorf("%s of mode %v: %q, %v", path, mode, open, err)
			}
		}
		must(t, os.Chmod(path, lax))
		if err := CloseToOthers(path); err != nil || modeOf(t, path).Perm() != strict {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Inspect(link); !errors.Is(err, ErrNotRegular) {
		t.Errorf("link: %v", err)
	}
	if _, err := Inspect(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
