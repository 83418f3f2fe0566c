package private

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

func strace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		deep.Missing(t, "strace is not installed")
	}
	return path
}

// traced runs a role in another process and returns its output and its system
// calls, each as a name and the last element of each path.
func traced(t *testing.T, role, path string, args ...string) (output string, calls []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	cmd := command(t, role, path)
	cmd.Args = slices.Concat([]string{strace(t), "-f", "-qq", "-y", "-o", log,
		"-e", "trace=mkdirat,fsync,renameat,renameat2,unlinkat,flock,openat"}, args, []string{cmd.Path})
	cmd.Path = cmd.Args[0]
	out, _ := cmd.Output()
	call := regexp.MustCompile(`^\d+ +(\w+)\(.*= 0`)
	name := regexp.MustCompile(`[<"]([^<>"]*)[>"]`)
	for line := range strings.Lines(content(t, log)) {
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		line = regexp.MustCompile(`AT_FDCWD<[^>]*>`).ReplaceAllString(line, "") // the working directory
		step := m[1]
		for _, path := range name.FindAllStringSubmatch(line, -1) {
			if base := filepath.Base(path[1]); strings.HasPrefix(path[1], os.TempDir()) {
				step += " " + regexp.MustCompile(`tmp-.*`).ReplaceAllString(base, "tmp")
			}
		}
		calls = append(calls, strings.Replace(step, "renameat2", "renameat", 1))
	}
	return string(out), calls
}

// The content is on the disk before its name, and every name before success is
// reported.
func TestWritesAreSyncedInOrder(t *testing.T) {
	tests := []struct {
		role, path string
		want       []string
	}{
		{"replace", "home/file", []string{"fsync .file.tmp", "renameat .file.tmp file", "fsync home"}},
		{"create", "home/new", []string{"fsync new", "fsync home"}},
		{"remove", "home/file", []string{"unlinkat file", "fsync home"}},
		{"make", "home/a/b/c", []string{"mkdirat a", "fsync home", "mkdirat b", "fsync a", "mkdirat c", "fsync b"}},
		{"replace", "home/state/file", []string{"mkdirat state", "fsync home", "fsync .file.tmp", "renameat .file.tmp file", "fsync state"}},
	}
	for _, test := range tests {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "home"), 0o700))
		must(t, Create(filepath.Join(dir, "home", "file"), []byte("old")))
		output, calls := traced(t, test.role, filepath.Join(dir, test.path))
		calls = slices.DeleteFunc(calls, func(call string) bool { return strings.HasPrefix(call, "flock") })
		if output != "" || !slices.Equal(calls, test.want) {
			t.Errorf("%s %s: %s\ngot  %q\nwant %q", test.role, test.path, output, calls, test.want)
		}
	}
}

func TestAFailedSyncIsReported(t *testing.T) {
	for _, of := range []string{"the file", "the directory"} {
		path := filepath.Join(t.TempDir(), "file")
		must(t, Create(path, []byte("old")))
		args, want := []string{"-e", "inject=fsync:error=EIO"}, "old"
		if of == "the directory" {
			args, want = append(args, "-P", filepath.Dir(path)), "new"
		}
		output, _ := traced(t, "replace", path, args...)
		unsure := strings.Contains(output, ErrUnsure.Error())
		if content(t, path) != want || !strings.Contains(output, "input/output error") || unsure != (want == "new") {
			t.Errorf("the sync of %s failed: reported %q, left %q", of, output, content(t, path))
		}
		if left := names(t, filepath.Dir(path)); len(left) != 1 {
			t.Errorf("left %q", left)
		}
	}
	path := filepath.Join(t.TempDir(), "a", "b")
	if output, _ := traced(t, "make", path, "-e", "inject=fsync:error=EIO"); !strings.Contains(output, "input/output error") {
		t.Errorf("make: %q", output)
	}
}

func TestReadRetriesAStaleFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, Create(path, []byte("text")))
	if output, _ := traced(t, "read", path, "-P", path, "-e", "inject=openat:error=ESTALE:when=1"); output != "text" {
		t.Errorf("stale once: %q", output)
	}
	if output, _ := traced(t, "read", path, "-P", path, "-e", "inject=openat:error=ESTALE"); !strings.Contains(output, "stale") {
		t.Errorf("stale always: %q", output)
	}
}

// On a file system without locks the processes of one user still exclude each
// other.
func TestALockFallsBackToAnotherDirectory(t *testing.T) {
	for _, fault := range []string{"flock:error=ENOLCK", "flock:error=EOPNOTSUPP", "openat:error=EROFS", "openat:error=EACCES"} {
		path := filepath.Join(t.TempDir(), "lock")
		must(t, Create(path, nil))
		name := program(t)
		id, _ := holder(t, "lock "+name, path, strace(t), "-f", "-qq", "-o", os.DevNull, "-P", path, "-e", "inject="+fault)
		if id == "" {
			t.Errorf("%s: no ID", fault)
		}
		// strace breaks locks in the other process alone, so this one can test its
		// lock.
		for _, dir := range fallbackDirs(name) {
			held := false
			for _, file := range Siblings(filepath.Join(dir, "x"), "") {
				open, _, err := Open(file)
				must(t, err)
				isHeld, err := Held(open)
				must(t, err)
				held = held || isHeld
				open.Close()
			}
			if !held {
				t.Errorf("%s: nothing is locked in %s", fault, dir)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "lock")
	if output, _ := traced(t, "lock "+program(t), path, "-e", "inject=flock:error=ENOLCK"); !strings.Contains(output, ErrNoLock.Error()) {
		t.Errorf("no locks anywhere: %q", output)
	}
}

func TestLeftoversAreSweptWithoutLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	temp := filepath.Join(filepath.Dir(path), ".file.tmp-X")
	must(t, Create(temp, nil))
	traced(t, "replace", path, "-e", "inject=flock:error=ENOLCK")
	if _, err := os.Stat(temp); err != nil {
		t.Error("a file that may be a running writer's was removed")
	}
	old := unix.NsecToTimeval(0)
	must(t, unix.Utimes(temp, []unix.Timeval{old, old}))
	traced(t, "replace", path, "-e", "inject=flock:error=ENOLCK")
	if _, err := os.Stat(temp); err == nil {
		t.Error("an old file was not removed")
	}
}

func TestNetworkFileSystems(t *testing.T) {
	if OnNetwork(stateFile(t)) || OnNetwork("/proc") {
		t.Error("a local file system counts as shared")
	}
	if !networks[0x6969] || !networks[0xff534d42] { // NFS, CIFS in statfs(2)
		t.Error("NFS or CIFS is unknown")
	}
}
