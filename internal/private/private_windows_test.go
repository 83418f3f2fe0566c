package private

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// onlyOurs fails unless the access list of path lets in the current user, and
// nobody else but those who can open every file: Wine adds the system.
func onlyOurs(t *testing.T, path string) {
	t.Helper()
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := descriptor.DACL()
	if err != nil || dacl == nil || dacl.AceCount == 0 {
		t.Fatalf("%s: %s, %v", path, descriptor, err)
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			t.Fatal(err)
		}
		if sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart)); !trusted(sid) {
			t.Errorf("%s is open to %s: %s", path, sid, descriptor)
		}
	}
}

func TestEveryLevelThatIsCreatedIsClosedToOthers(t *testing.T) {
	top := filepath.Join(t.TempDir(), "state")
	file := filepath.Join(top, "profiles", "work", "auth.json")
	for _, text := range []string{"one", "two"} {
		if err := Replace(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for path := file; len(path) >= len(top); path = filepath.Dir(path) {
		onlyOurs(t, path)
	}
	got, err := Read(file, 100, nil)
	if string(got) != "two" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("%v", left)
	}
}

func TestAReservationIsClosedToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "auth.json")
	r, err := Reserve(path, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	onlyOurs(t, r.temp)
	if left := Leftovers(path); len(left) != 0 {
		t.Errorf("a living writer's file is taken for a leftover: %q", left)
	}
	if err := r.Replace([]byte("short")); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, 100, nil); string(got) != "short" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	onlyOurs(t, path)
}

func TestALockInTheFallbackIsClosedToOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Acquire(t.Context(), filepath.Join(file, "x.lock"), LockOptions{Fallback: "mogplex-test"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	for _, dir := range fallbackDirs("mogplex-test") {
		onlyOurs(t, dir)
		onlyOurs(t, filepath.Dir(dir))
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(dir)) })
	}
}
