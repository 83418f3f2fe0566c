package login

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// browserEnv makes the test binary a browser: it writes its arguments to the
// file named there.
const browserEnv = "LOGIN_TEST_BROWSER"

func pretendBrowser(file string) int {
	if os.WriteFile(file, []byte(strings.Join(os.Args[1:], "\n")), 0o600) != nil {
		return 1
	}
	return 0
}

// self is the test binary.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const evilAddress = "https://mogplex.com/a?x=1&y=$(touch%20/tmp/x)`;'"

func TestOpenBrowserRunsBROWSER(t *testing.T) {
	file := filepath.Join(t.TempDir(), "arguments")
	t.Setenv(browserEnv, file)
	for value, want := range map[string]string{
		self(t):                 evilAddress,
		self(t) + " --new":      "--new\n" + evilAddress,
		self(t) + " --url=%s -": "--url=" + evilAddress + "\n-",
		strings.Join([]string{"no-such-program", self(t)}, string(os.PathListSeparator)): evilAddress,
	} {
		t.Setenv("BROWSER", value)
		if err := OpenBrowser(evilAddress); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s: arguments %q, %v", value, got, err)
		}
	}
}

func TestOpenBrowserRefusesOtherAddresses(t *testing.T) {
	t.Setenv("BROWSER", "no-such-program")
	for _, address := range []string{"", "-h", "--version", "/etc/passwd", "file:///etc/passwd", "javascript:alert(1)", "https://", "https://a b", "https://a\n", "ftp://a"} {
		if err := OpenBrowser(address); !errors.Is(err, errNotWebAddress) {
			t.Errorf("%q: err = %v", address, err)
		}
	}
}

// The error names a $BROWSER that fails, and no other browser is opened.
func TestOpenBrowserNamesAFailedBROWSER(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS == "linux" { // a default browser to find
		if err := os.Symlink(self(t), filepath.Join(dir, "xdg-open")); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(browserEnv, filepath.Join(dir, "no such directory", "arguments")) // it fails with status 1
	t.Setenv("DISPLAY", ":9")
	t.Setenv("PATH", dir)
	for value, want := range map[string]string{
		"no-such-program":                        "BROWSER (no-such-program) could not be started: there is no such program",
		filepath.Join(dir, "gone") + " --new %s": "BROWSER (" + filepath.Join(dir, "gone") + " --new %s) could not be started: there is no such program",
		self(t):                                  "BROWSER (" + self(t) + ") could not be started: it ended with exit status 1",
	} {
		t.Setenv("BROWSER", value)
		r := start(t, newService(t).client(), Flow{Open: OpenBrowser})
		for r.noted() == "" {
			runtime.Gosched()
		}
		if got := r.noted(); got != want+"; open the address yourself" {
			t.Errorf("notice %q", got)
		}
		r.cancel()
		_, _ = r.end()
	}
}

// Without a display no browser is started, not even a text browser.
func TestOpenBrowserWithoutDisplay(t *testing.T) {
	if hasDisplayByItself := runtime.GOOS == "windows" || runtime.GOOS == "darwin"; hasDisplayByItself || isWSL() {
		t.Skip("this platform always has a display")
	}
	for _, name := range []string{"BROWSER", "DISPLAY", "WAYLAND_DISPLAY"} {
		t.Setenv(name, "")
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := OpenBrowser("https://mogplex.com"); !errors.Is(err, errNoDisplay) {
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
}

// pkg/browser starts the platform's default browser, whose output is dropped.
func TestOpenBrowserDefault(t *testing.T) {
	if runtime.GOOS != "linux" || isWSL() {
		t.Skip("only Linux finds its browser by $PATH")
	}
	dir := t.TempDir()
	if err := os.Symlink(self(t), filepath.Join(dir, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "arguments")
	t.Setenv(browserEnv, file)
	t.Setenv("BROWSER", "")
	t.Setenv("DISPLAY", ":9")
	t.Setenv("PATH", dir)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := OpenBrowser(evilAddress); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := os.ReadFile(file); err != nil || string(got) != evilAddress {
		t.Errorf("arguments %q, %v", got, err)
	}
}

func TestBrowserCommands(t *testing.T) {
	sep := string(os.PathListSeparator)
	got := browserCommands("  "+sep+"a b"+sep+"c %s d %s", "U")
	if want := [][]string{{"a", "b", "U"}, {"c", "U", "d", "U"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestBatchFilesAreRefused(t *testing.T) {
	for _, name := range []string{"open.bat", "open.CMD"} {
		if err := run([]string{name, "https://mogplex.com"}); !errors.Is(err, errShellScript) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestFailureToOpenIsANotice(t *testing.T) {
	r := start(t, newService(t).client(), Flow{Open: func(string) error { return errors.New("no\x1b[2J browser") }})
	for r.noted() == "" {
		runtime.Gosched()
	}
	if got := r.noted(); got != "the browser could not be opened: no browser; open the address yourself" {
		t.Errorf("notice %q", got)
	}
	visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
}

func TestNoAddressLeavesTheQuotesOfPowerShell(t *testing.T) {
	t.Parallel()
	const address = "https://a.test/x?a=$(calc)&b=`\";'&c=%20"
	if got, want := withoutQuotes(address), "https://a.test/x?a=%24%28calc%29&b=%60%22%3B%27&c=%20"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
