package keyringtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MacOS prepares builds with the keychain of macOS, and with a stand-in for its `security` (keyring/testdata/security), which
// it builds in dir. The flags that it returns are for go build and go test; the stand-in documents which variables such
// programs need. It needs the go command.
func MacOS(dir string) (flags []string, err error) {
	root, err := goOutput("list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	m := macOS{root, dir, filepath.Join(dir, "security")}
	if _, err := goOutput("build", "-o", m.security, filepath.Join(root, "keyring", "testdata", "security")); err != nil {
		return nil, err
	}
	if err := errors.Join(m.writeModule(), m.writeOverlay()); err != nil {
		return nil, fmt.Errorf("prepare a build for macOS: %w", err)
	}
	return []string{"-modfile=" + filepath.Join(dir, "go.mod"), "-overlay=" + filepath.Join(dir, "overlay.json")}, nil
}

func goOutput(args ...string) (string, error) {
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// macOS is a build with macOS' keychain.
type macOS struct{ root, dir, security string }

// writeModule writes a go.mod that replaces go-keyring by a copy whose code for macOS is built on this platform.
func (m macOS) writeModule() error {
	const name = "github.com/zalando/go-keyring"
	from, err := goOutput("list", "-m", "-f", "{{.Dir}}", name)
	if err != nil {
		return err
	}
	to := filepath.Join(m.dir, "go-keyring")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	err = m.edit(filepath.Join(from, "keyring_darwin.go"), filepath.Join(to, "standin.go"), `"/usr/bin/security"`, fmt.Sprintf("%q", m.security))
	for _, other := range []string{"keyring_unix.go", "keyring_darwin.go"} {
		err = errors.Join(err, os.Remove(filepath.Join(to, other)))
	}
	return errors.Join(err,
		m.edit(filepath.Join(m.root, "go.mod"), filepath.Join(m.dir, "go.mod"), "\nrequire", fmt.Sprintf("\nreplace %s => %s\n\nrequire", name, to)),
		m.edit(filepath.Join(m.root, "go.sum"), filepath.Join(m.dir, "go.sum"), name, name))
}

// writeOverlay does the same for package keyring: files for macOS replace those for Linux.
func (m macOS) writeOverlay() error {
	pkg := filepath.Join(m.root, "keyring")
	away, err := filepath.Glob(filepath.Join(pkg, "*_linux*.go"))
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for _, path := range away {
		replace[path] = ""
	}
	for name, as := range map[string][3]string{ // the name here, and an edit
		"keychain_darwin.go":        {"keychain_here.go", `"/usr/bin/security"`, fmt.Sprintf("%q", m.security)},
		"child_darwin.go":           {"child_here.go"},
		"child_darwin_test.go":      {"child_here_test.go"},
		"testdata/lockstate.go":     {"lockstate_here.go", "//go:build ignore"},
		"platform_test.go":          {"platform_here_test.go", "//go:build windows || darwin"},
		"testdata/macos_standin.go": {"macos_here_test.go", "//go:build ignore"},
	} {
		changed := filepath.Join(m.dir, as[0])
		if err := m.edit(filepath.Join(pkg, name), changed, as[1], as[2]); err != nil {
			return err
		}
		replace[filepath.Join(pkg, as[0])] = changed
	}
	for _, name := range []string{"platform_test.go", "child_other.go"} {
		replace[filepath.Join(pkg, name)] = ""
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.dir, "overlay.json"), text, 0o600)
}

// edit copies a text file with its first occurrence of old replaced.
func (macOS) edit(from, to, old, with string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), old) {
		return fmt.Errorf("%s has no %s", from, old)
	}
	return os.WriteFile(to, []byte(strings.Replace(string(text), old, with, 1)), 0o600)
}
