package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// Wine plays Windows: its Credential Manager, file system and access lists, in a
// prefix for each test. Comments name where Wine differs.

// Debian's Wine is not on the PATH.
const (
	wineProgram = "/usr/lib/wine/wine64"
	wineServer  = "/usr/lib/wine/wineserver64"
	mingw       = "x86_64-w64-mingw32-gcc"
)

// randomSource implements the one function of Windows 10 that Go needs and Wine 8
// lacks.
const randomSource = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, n); }
`

// wine is a Windows machine that lives as long as the test.
type wine struct {
	testing.TB
	prefix string
	env    []string
}

func startWine(t testing.TB) *wine {
	t.Helper()
	deep.Only(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("this machine's Wine runs no amd64 programs")
	}
	for _, program := range []string{wineProgram, mingw} {
		if _, err := exec.LookPath(program); err != nil {
			deep.Missing(t, program+" is not installed")
		}
	}
	w := &wine{TB: t, prefix: filepath.Join(t.TempDir(), "prefix")}
	path := t.TempDir()
	if err := os.Symlink("/bin/true", filepath.Join(path, "xdg-open")); err != nil { // Wine opens this machine's browser
		t.Fatal(err)
	}
	w.env = []string{"HOME=" + t.TempDir(), "PATH=" + path, "WINEPREFIX=" + w.prefix, "WINEDEBUG=-all", "DISPLAY="}
	t.Cleanup(w.stop)
	w.tool(w.env, wineProgram, "wineboot", "-i")
	w.stayOn()
	source := filepath.Join(t.TempDir(), "random.c")
	if err := os.WriteFile(source, []byte(randomSource), 0o600); err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(w.prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	w.tool(nil, mingw, "-shared", "-Os", "-s", "-o", library, source, "-ladvapi32")
	return w
}

// stayOn runs a program until the test ends. The services of a Wine prefix start
// with its first program, inherit its output, and end soon after the last: a command
// that had to start them would never seem to end.
func (w *wine) stayOn() {
	w.Helper()
	cmd := exec.Command(wineProgram, "cmd")
	cmd.Env = w.env
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
}

// tool runs a program that has to succeed.
func (w *wine) tool(env []string, name string, args ...string) {
	w.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = env
	w.succeeds(cmd)
}

// succeeds runs a command that must succeed. Its output goes to a file: a pipe would
// stay open as long as the processes that the command started.
func (w *wine) succeeds(cmd *exec.Cmd) {
	w.Helper()
	if said, err := w.run(cmd); err != nil {
		w.Fatalf("%s: %v\n%s", filepath.Base(cmd.Path), err, said)
	}
}

// run runs a command and returns what it said.
func (w *wine) run(cmd *exec.Cmd) ([]byte, error) {
	w.Helper()
	said, err := os.CreateTemp(w.TempDir(), "")
	if err != nil {
		w.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	err = cmd.Run()
	text, _ := os.ReadFile(said.Name())
	return text, err
}

// stop ends everything in the prefix, and waits until it has written its files.
func (w *wine) stop() {
	cmd := exec.Command(wineServer, "-k", "-w")
	cmd.Env = w.env
	_ = cmd.Run() // there may be none
}

// build runs a go command for Windows.
func (w *wine) build(args ...string) {
	w.Helper()
	w.tool(append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"), "go", args...)
}

// world makes the machine that of one user, with mogplex.exe as it is released.
func (w *wine) world(cfg accountserver.Config) *world {
	w.Helper()
	dir := w.TempDir()
	w.build("build", "-trimpath", "-tags=urfave_cli_no_docs", "-ldflags=-s -w", "-o", filepath.Join(dir, "mogplex.exe"), "../..")
	script := filepath.Join(dir, "mogplex")
	text := fmt.Sprintf("#!/bin/sh\nexec %s '%s/mogplex.exe' \"$@\"\n", wineProgram, dir)
	if err := writeProgram(script, []byte(text)); err != nil {
		w.Fatal(err)
	}
	homes, err := filepath.Glob(filepath.Join(w.prefix, "drive_c", "users", "*", "Temp"))
	if err != nil || len(homes) != 1 {
		w.Fatalf("users: %q, %v", homes, err)
	}
	user := newWorld(w.TB, script, cfg)
	user.home = filepath.Dir(homes[0])
	user.env = append(slices.Clone(w.env), "MOGPLEX_URL="+user.service.url, "MOGPLEX_DEV=1", user.service.ports.Env(), "MOGPLEX_KEYCHAIN_TIMEOUT="+longest.String())
	return user
}

// where returns the source and the account that auth status reports.
func (w *world) where() (source, account string) {
	w.Helper()
	var status struct {
		Active struct {
			Source  string
			Account struct{ Email string }
		}
	}
	if err := json.Unmarshal([]byte(w.must("auth", "status", "--json")), &status); err != nil {
		w.Fatal(err)
	}
	return status.Active.Source, status.Active.Account.Email
}

func TestTheWindowsProgramKeepsEverythingInCredentialManager(t *testing.T) {
	t.Parallel()
	machine := startWine(t)
	w := machine.world(accountserver.Config{OfferRevocation: true, StrictRotation: true})
	const key = "sk-proj-MARKwindowsMARKwindowsMARKwindows"
	heard.secret(key)

	cmd := w.command("login", "--provider", "openai", "--with-api-key")
	cmd.Stdin = strings.NewReader(key + "\r\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := w.must("auth", "token", "--provider", "openai"); got != key+"\n" {
		t.Error("the key did not come back as it was stored")
	}
	if said, err := w.login(w.command("login", "--no-browser")); err != nil || !strings.Contains(said, "It is stored in the keychain") {
		t.Fatalf("%v: %s", err, said)
	}
	if got := w.must("auth", "status", "--json"); !strings.Contains(got, `"Windows Credential Manager"`) {
		t.Errorf("status: %s", got)
	}
	first := w.token()
	for _, to := range []string{"file", "keychain"} {
		w.must("auth", "migrate", "--to", to)
		if source, account := w.where(); source != to || account != ada {
			t.Errorf("after moving to the %s: %s, %s", to, source, account)
		}
		if _, err := os.Stat(w.state("auth.json")); (err == nil) != (to == "file") {
			t.Errorf("after moving to the %s: auth.json: %v", to, err)
		}
		if w.token() != first {
			t.Errorf("after moving to the %s: another token", to)
		}
	}
	w.must("auth", "refresh")
	if second := w.token(); second == first || !w.service.Valid(second) {
		t.Error("the token was not renewed")
	}
	code, stdout, stderr := w.run("auth", "exec", "--", "cmd", "/c", "echo %MOGPLEX_API_KEY%& exit 7")
	if code != 7 || strings.TrimSpace(stdout) != w.token() {
		t.Errorf("auth exec: exit %d: %q%s", code, stdout, stderr)
	}
	w.must("logout", "--all")
	if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("after signing out: exit %d", code)
	}
	machine.stop()
	left, err := os.ReadFile(filepath.Join(machine.prefix, "user.reg")) // where Wine keeps what Credential Manager holds
	if err != nil || strings.Contains(string(left), "mogplex") {
		t.Errorf("left in Credential Manager, or %v", err)
	}
}

// windowsTests are packages of this module, which of their tests run on Wine, and
// which of those Wine 8 fails.
var windowsTests = []struct{ dir, run, skip string }{
	// Listing while others write crashes Wine's own CredEnumerate. The fake keychain has a file for each of a thousand
	// parts, which costs Wine more than the time limit where the machine has other things to do.
	{"keyring", "", "TestContractOfThePlatform/readers_and_writers|TestContractOfTheFake|TestATokenOfAnySizeAndAnyBytesFitsEveryStore"},
	{"legacyfile", "", ""},
	{"internal/private", "", ""},
	{"login", "", ""},
	// Wine 8 reports that it made a symbolic link, and makes none. And now and then it can't start a process, of which a
	// test that kills at each step needs hundreds.
	{"internal/auth", "", "KilledAtAnyStep$|TestAMovedOrLinkedDirectoryKeepsItsID|TestOnlyTheUsersOwnDirectoryHasPlainNames|TestTheIDFileMayBeALink"},
	{"internal/hosted", "", ""},
	{"internal/sessionlog", "", "TestADirectoryThatIsALinkIsRefused"}, // a link again
	// The other tests measure how long commands take, and Wine takes its time. Wine opens every file to everyone that
	// was made without an access list, and mogplex says so, which two scripts do not expect.
	{"internal/cli", "^TestScripts$", "TestScripts/file$|TestScripts/migrate$"},
}

// A test that was renamed would run on Wine, and fail there.
func TestWhatWindowsSkipsExists(t *testing.T) {
	t.Parallel()
	for _, test := range windowsTests {
		files, err := filepath.Glob(filepath.Join(repository, test.dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var source []byte
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			source = append(source, text...)
		}
		for name := range strings.FieldsFuncSeq(test.skip, func(r rune) bool { return r == '|' }) {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "$"), "/")
			if !bytes.Contains(source, []byte(name+"(t *testing.T)")) {
				t.Errorf("%s has no %s", test.dir, name)
			}
		}
	}
}

// wineCantStart is what Wine prints if it can't start a process, which happens now
// and then on a busy machine.
const wineCantStart = ": Internal error."

// TestThePackagesOnWindows runs the packages' own tests, and the contract with
// Wine's Credential Manager. It has the machine to itself: a busy Wine can't always
// start a process.
func TestThePackagesOnWindows(t *testing.T) {
	machine := startWine(t)
	bin := t.TempDir()
	build := []string{"test", "-c", "-overlay", removingFiles(t), "-o", bin}
	for _, test := range windowsTests {
		build = append(build, "../../"+test.dir)
	}
	machine.build(build...)
	for _, test := range windowsTests {
		t.Run(test.dir, func(t *testing.T) {
			run := func() ([]byte, error) {
				cmd := exec.Command(wineProgram, filepath.Join(bin, filepath.Base(test.dir)+".test.exe"),
					"-test.timeout=10m", "-test.run", test.run, "-test.skip", test.skip)
				cmd.Dir = filepath.Join("../..", test.dir)
				cmd.Env = append(slices.Clone(machine.env), "MOGPLEX_TEST_KEYCHAIN=1")
				return (&wine{TB: t}).run(cmd)
			}
			said, err := run()
			for try := 1; err != nil && try < 3 && bytes.Contains(said, []byte(wineCantStart)); try++ {
				said, err = run()
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
		})
	}
}

// removingFiles returns an overlay with which os.RemoveAll works: Wine 8 returns
// "not implemented" for "not supported", at which Go would fall back to an older
// call.
func removingFiles(t *testing.T) (overlay string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), "src", "internal", "syscall", "windows", "at_windows.go")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const awaited = "STATUS_NOT_SUPPORTED: "
	if strings.Count(string(source), awaited) != 1 {
		t.Fatalf("%s of %s removes files in another way", path, runtime.Version())
	}
	changed, overlay := filepath.Join(t.TempDir(), "at_windows.go"), filepath.Join(t.TempDir(), "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	patched := strings.Replace(string(source), awaited, "STATUS_NOT_SUPPORTED, NTStatus(0xC0000002): ", 1)
	for name, content := range map[string]string{changed: patched, overlay: string(text)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}
