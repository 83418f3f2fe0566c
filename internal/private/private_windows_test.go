package private

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// skipOnWine skips a test of protected access lists: Wine 8 adds the directory's
// entries to them.
func skipOnWine(t *testing.T) {
	t.Helper()
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("Wine adds the directory's access list to a protected one")
	}
}

func accessList(t *testing.T, path string) string {
	t.Helper()
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	must(t, err)
	return descriptor.String()
}

// everyone is how an access list names the group of all users.
const everyone = ";;;WD)"

// This covers every directory that is created, and the files in it.
func TestOnlyTheCurrentUserMayOpenNewFiles(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	path := filepath.Join(state, "profiles", "work", "file")
	must(t, Replace(path, nil))
	lock, err := Acquire(t.Context(), filepath.Join(state, "locks", "lock"), LockOptions{})
	must(t, err)
	defer lock.Unlock()
	if _, err := Read(path, 10, nil); err != nil {
		t.Error(err)
	}
	all := []string{path, filepath.Join(state, "locks", "lock")}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		all = append(all, dir)
		if dir == state {
			break
		}
	}
	for _, path := range append(all, filepath.Join(state, "locks")) {
		if got := accessList(t, path); strings.Contains(got, everyone) {
			t.Errorf("%s has %s", path, got)
		}
	}
	skipOnWine(t)
	for _, path := range all {
		if got := accessList(t, path); !strings.HasPrefix(got, "D:P") {
			t.Errorf("%s has %s", path, got)
		}
	}
}

func TestAnOpenAccessListIsRepaired(t *testing.T) {
	skipOnWine(t)
	path := filepath.Join(t.TempDir(), "file")
	must(t, Create(path, nil))
	open, err := windows.SecurityDescriptorFromString("D:P(A;;FA" + everyone)
	must(t, err)
	dacl, _, err := open.DACL()
	must(t, err)
	must(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, dacl, nil))
	for _, wasOpen := range []bool{true, false} {
		file, info, err := Open(path)
		must(t, err)
		was, err := CloseFile(file, info)
		if (was != "") != wasOpen || err != nil || strings.Contains(accessList(t, path), everyone) {
			t.Errorf("it was %q, %v, is %s", was, err, accessList(t, path))
		}
		file.Close()
	}
}

func TestAFileIsReplacedWhileItIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, Create(path, []byte("old")))
	reader, _, err := Open(path)
	must(t, err)
	closing := time.AfterFunc(50*time.Millisecond, func() { reader.Close() })
	defer closing.Stop()
	must(t, Replace(path, []byte("new")))
	if content(t, path) != "new" {
		t.Error("not replaced")
	}
}
