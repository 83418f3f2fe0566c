package legacyfile

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// skipOnWine skips what Wine 8 does otherwise: it gives a protected access list
// the directory's entries too.
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

func TestFilesAreForTheCurrentUserAlone(t *testing.T) {
	f := newFile(t, "")
	set(t, f, "groq", key("g", ""))
	if got := accessList(t, f.path); strings.Contains(got, everyone) {
		t.Errorf("the file has %s", got)
	}
	if get(t, f, "groq") != key("g", "") || len(f.Notices()) != 0 {
		t.Error("our own file was found open to others")
	}
	skipOnWine(t)
	if got := accessList(t, filepath.Dir(f.path)); !strings.HasPrefix(got, "D:P") || strings.Contains(got, everyone) {
		t.Errorf("the directory has %s", got)
	}
}

func TestLaxAccessListIsRepairedAndSaid(t *testing.T) {
	skipOnWine(t)
	f := newFile(t, `{"groq":"g"}`)
	open, err := windows.SecurityDescriptorFromString("D:P(A;;FA" + everyone)
	must(t, err)
	dacl, _, err := open.DACL()
	must(t, err)
	must(t, windows.SetNamedSecurityInfo(f.path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, dacl, nil))
	if get(t, f, "groq") == "" || strings.Contains(accessList(t, f.path), everyone) {
		t.Errorf("left %s", accessList(t, f.path))
	}
	if notices := f.Notices(); len(notices) != 1 {
		t.Errorf("notices: %q", notices)
	}
}

func TestReplacedWhileBeingRead(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	reader, err := openExisting(f.path)
	must(t, err)
	time.AfterFunc(50*time.Millisecond, func() { reader.Close() })
	set(t, f, "groq", key("h", ""))
	if get(t, f, "groq") != key("h", "") {
		t.Error("not replaced")
	}
}
