package keyring_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// TestMacOSCodeAgainstAStandIn builds these tests with the macOS code of this
// package and go-keyring, with the path of `security` changed to a stand-in, and
// runs testdata/macos_standin.go in it.
func TestMacOSCodeAgainstAStandIn(t *testing.T) {
	deep.Only(t)
	installed(t, "go")
	dir := t.TempDir()
	flags, err := keyringtest.MacOS(dir)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "keyring.test")
	build := append(append([]string{"test", "-c", "-o", binary}, flags...), ".")
	if out, err := exec.Command("go", build...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	items := filepath.Join(dir, "items")
	if err := os.Mkdir(items, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env, run string
		passes   int
	}{
		{"", "OfThePlatform$", 8},
		{"SECURITY_IN_PROCESS=1", "IsLockedOfThePlatform$|ShowsNoDialogOfThePlatform$", 2}, // a program without RunChild
	} {
		cmd := exec.Command(binary, "-test.v", "-test.run="+test.run)
		cmd.Env = append(os.Environ(), "MOGPLEX_TEST_KEYCHAIN=1", "SECURITY_ITEMS="+items, "SECURITY_JOURNAL="+filepath.Join(dir, "journal"), test.env)
		out, err := cmd.CombinedOutput()
		if passed := strings.Count(string(out), "\n--- PASS: Test"); err != nil || passed != test.passes {
			t.Errorf("%s: %d passed, %v\n%s", test.env, passed, err, out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(items, "*")); len(left) != 0 {
		t.Errorf("%d items were left behind, such as %q", len(left), left[0])
	}
}
