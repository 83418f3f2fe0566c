//go:build unix

package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Mode().Perm()
}

func TestLaxModesAreRepairedAndReported(t *testing.T) {
	for _, mode := range []os.FileMode{0o644, 0o620, 0o777, 0o604} {
		f := newFile(t, `{"groq":"g"}`)
		must(t, os.Chmod(f.path, mode))
		if get(t, f, "groq") == "" || modeOf(t, f.path) != 0o600 {
			t.Errorf("%o became %o", mode, modeOf(t, f.path))
		}
		notices := f.Notices()
		if len(notices) != 1 || !strings.Contains(notices[0], fmt.Sprintf("%04o", mode)) {
			t.Errorf("notices: %q", notices)
		}
		if get(t, f, "groq"); len(f.Notices()) != 0 {
			t.Error("reported twice")
		}
	}
}

func TestReadOnlyRepairsNothing(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	dir := filepath.Dir(f.path)
	must(t, os.Chmod(f.path, 0o644))
	must(t, os.Chmod(dir, 0o755))
	f.opt = Options{Dir: dir, ReadOnly: true}
	if get(t, f, "groq") == "" || modeOf(t, f.path) != 0o644 || modeOf(t, dir) != 0o755 || len(f.Notices()) != 0 {
		t.Errorf("became %o in %o, notices %q", modeOf(t, f.path), modeOf(t, dir), f.Notices())
	}
}

func TestModesWithoutRightsForOthersAreKept(t *testing.T) {
	for _, mode := range []os.FileMode{0o400, 0o700} {
		f := newFile(t, `{"groq":"g"}`)
		must(t, os.Chmod(f.path, mode))
		if get(t, f, "groq") == "" || modeOf(t, f.path) != mode || len(f.Notices()) != 0 {
			t.Errorf("%o changed to %o", mode, modeOf(t, f.path))
		}
	}
}

func TestAnOpenStateDirectoryIsClosedAndReported(t *testing.T) {
	for _, mode := range []os.FileMode{0o755, 0o777} {
		f := newFile(t, `{"groq":"g"}`)
		dir := filepath.Dir(f.path)
		must(t, os.Chmod(dir, mode))
		get(t, f, "groq")
		notices := f.Notices()
		if modeOf(t, dir) != 0o700 || len(notices) != 1 || !strings.Contains(notices[0], fmt.Sprintf("%04o", mode)) {
			t.Errorf("%o became %o, notices %q", mode, modeOf(t, dir), notices)
		}
	}
}

// Only Options.Dir is closed, not another directory with the file or with the
// target of a link.
func TestOtherDirectoriesAreLeftAlone(t *testing.T) {
	for mode, want := range map[os.FileMode]int{0o755: 0, 0o775: 1} {
		f := newFile(t, `{"groq":"g"}`)
		f.opt.Dir = ""
		dir := filepath.Dir(f.path)
		must(t, os.Chmod(dir, mode))
		get(t, f, "groq")
		linked := newFile(t, "")
		must(t, os.MkdirAll(filepath.Dir(linked.path), 0o700))
		must(t, os.Symlink(f.path, linked.path))
		get(t, linked, "groq")
		if notices := f.Notices(); modeOf(t, dir) != mode || len(notices) != want || len(linked.Notices()) != 0 {
			t.Errorf("%o became %o, notices %q", mode, modeOf(t, dir), notices)
		}
	}
}

func TestSharedDirectoryIsLeftAlone(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	dir := filepath.Dir(f.path)
	must(t, os.Chmod(dir, 0o777|os.ModeSticky))
	get(t, f, "groq")
	if notices := f.Notices(); modeOf(t, dir) != 0o777 || len(notices) != 1 {
		t.Errorf("mode %o, notices %q", modeOf(t, dir), notices)
	}
}

func TestOtherOwnerIsRefused(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	if os.Geteuid() == 0 {
		must(t, os.Chown(f.path, 12345, 12345))
	} else {
		must(t, os.Remove(f.path))
		must(t, os.Symlink("/etc/passwd", f.path))
	}
	refused(t, f, ErrNotOwner)
}

func TestLinkOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a link away")
	}
	f := newFile(t, "")
	other := newFile(t, `{"groq":"g"}`)
	must(t, os.MkdirAll(filepath.Dir(f.path), 0o700))
	must(t, os.Symlink(other.path, f.path))
	must(t, os.Lchown(f.path, 12345, 12345))
	refused(t, f, ErrNotOwner)
}

// refused checks that every method fails with the class and leaves the file alone.
func refused(t *testing.T, f *File, class error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	before, err := os.Lstat(f.path)
	must(t, err)
	_, _, getErr := f.Get(ctx, "groq")
	_, listErr := f.List(ctx)
	_, deleteErr := f.Delete(ctx, "groq")
	setErr := f.Set(ctx, "groq", []byte(key("new", "")))
	for _, err := range []error{getErr, listErr, deleteErr, setErr} {
		if !errors.Is(err, class) {
			t.Errorf("got %v, want %v", err, class)
		}
	}
	after, err := os.Lstat(f.path)
	must(t, err)
	if !os.SameFile(before, after) || before.Mode() != after.Mode() || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the file changed")
	}
}

func TestOddFilesAreRefusedAtOnce(t *testing.T) {
	tests := map[string]func(t *testing.T, path string){
		"pipe":           func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) },
		"directory":      func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
		"circle":         func(t *testing.T, path string) { must(t, os.Symlink("auth.json", path)) },
		"link to a pipe": linkToPipe,
		"link to a device": func(t *testing.T, path string) {
			must(t, os.Symlink("/dev/zero", path))
		},
		"socket": func(t *testing.T, path string) {
			socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
			if err != nil {
				t.Skip("no sockets with a path this long")
			}
			t.Cleanup(func() { socket.Close() })
		},
	}
	for name, plant := range tests {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "odd")
			must(t, err)
			t.Cleanup(func() { os.RemoveAll(dir) })
			f := New(filepath.Join(dir, "auth.json"), Options{})
			plant(t, f.path)
			refused(t, f, ErrNotRegular)
		})
	}
}

func linkToPipe(t *testing.T, path string) {
	must(t, syscall.Mkfifo(path+".pipe", 0o600))
	must(t, os.Symlink("auth.json.pipe", path))
}

func TestTooLargeIsRefused(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	must(t, os.Truncate(f.path, maxSize+1))
	refused(t, f, ErrTooLarge)
	must(t, os.Truncate(f.path, 1<<40)) // a sparse file, too large to read
	refused(t, f, ErrTooLarge)
}

func TestAFileWithManyMembersIsReadFast(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"groq":"g"`)
	for n := 0; b.Len() < maxSize-100; n++ {
		fmt.Fprintf(&b, `,"%x":0`, n)
	}
	f := newFile(t, b.String()+"}")
	start := time.Now()
	if list(t, f) != "groq" || get(t, f, "groq") == "" {
		t.Error("not found")
	}
	if took := time.Since(start); took > time.Minute { // 0.3 s, and some for the race detector
		t.Errorf("it took %v", took)
	}
}

func TestAFileInPlaceOfTheDirectoryIsAnError(t *testing.T) {
	dir := t.TempDir()
	f := New(filepath.Join(dir, "state", "auth.json"), Options{})
	must(t, os.WriteFile(filepath.Join(dir, "state"), nil, 0o600))
	if _, found, err := f.Get(context.Background(), "groq"); found || err == nil {
		t.Error("a file that could not be looked for was reported as missing")
	}
}
