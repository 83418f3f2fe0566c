package cli_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/mogplex/mogplex-cli"
	top    = "../.."
)

// rooms are the packages, by path, with those that each may import outside tests. A
// package below a room belongs to it unless it is a room itself.
// docs/architecture.md says what each is for.
var rooms = map[string][]string{
	"":                                 {"internal/cli"},
	"keyring":                          {},
	"internal/dev/keyringtest":         {"keyring"},
	"legacyfile":                       {"internal/private"},
	"login":                            {"internal/text", "internal/web"},
	"internal/auth":                    {"internal/private"},
	"internal/hosted":                  {"internal/web", "internal/private"},
	"internal/text":                    {},
	"internal/web":                     {"internal/text"},
	"internal/private":                 {},
	"internal/sessionlog":              {"internal/private"},
	"internal/chat":                    {"internal/text", "internal/web"},
	"internal/talk":                    {"internal/auth", "internal/text"},
	"internal/tui":                     {"internal/talk", "internal/auth", "internal/text"},
	"internal/plain":                   {"internal/talk", "internal/auth", "internal/text"},
	"internal/dev/talktest":            {"internal/talk", "internal/auth"},
	"internal/dev/accountserver":       {},
	"internal/dev/accountserver/serve": {"internal/dev/accountserver"},
	"internal/dev/demo":                {"internal/dev/accountserver"},
	"internal/dev/soak":                {"internal/dev/accountserver", "internal/dev/callback", "internal/dev/keyringtest"},
	"internal/dev/house":               {},
	"internal/dev/deep":                {},
	"internal/dev/manpage":             {"internal/cli"},
	"internal/dev/callback":            {},
	"internal/dev/terminal":            {},
	"internal/dev/pictures":            {"internal/dev/accountserver", "internal/dev/terminal", "internal/dev/keyringtest"},
	"internal/settings":                {"keyring", "login", "internal/auth", "internal/private", "internal/text", "internal/web"},
	"internal/account": {"internal/settings", "keyring", "legacyfile", "login", "internal/auth", "internal/hosted",
		"internal/private", "internal/chat", "internal/text", "internal/web"},
	"internal/outcome": {"internal/settings", "keyring", "legacyfile", "login", "internal/account", "internal/auth", "internal/hosted",
		"internal/sessionlog", "internal/chat", "internal/text", "internal/web"},
	"internal/words": {"internal/settings", "internal/account", "internal/auth", "internal/hosted", "internal/outcome", "internal/text"},
	"internal/app": {"internal/settings", "internal/account", "internal/auth", "internal/chat", "internal/hosted", "internal/outcome",
		"internal/sessionlog", "internal/talk", "internal/text", "internal/words", "login"},
	"internal/cli": {"internal/settings", "internal/account", "internal/app", "internal/outcome", "internal/words", "keyring", "legacyfile", "login", "internal/auth", "internal/hosted",
		"internal/sessionlog", "internal/chat", "internal/text", "internal/talk",
		"internal/tui", "internal/plain", "internal/web"},
}

// hosts are modules that only one room may use outside tests.
var hosts = map[string]string{
	"github.com/zalando/go-keyring": "keyring",
	"github.com/pkg/browser":        "login",
	"github.com/urfave/cli/v2":      "internal/cli",
}

// roomOf returns the innermost room of a package, and false for a package in none.
func roomOf(pkg string) (string, bool) {
	for room := pkg; ; room = path.Dir(room) {
		if room == "." {
			return "", pkg == ""
		}
		if _, ok := rooms[room]; ok {
			return room, true
		}
	}
}

// imports returns what the files of each directory import outside tests, by path. It
// ignores build constraints, so the assertions hold on every platform.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != top && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		dir, err := filepath.Rel(top, filepath.Dir(file))
		if err != nil {
			return err
		}
		dir = strings.TrimPrefix(filepath.ToSlash(dir), ".")
		if _, ok := found[dir]; !ok {
			found[dir] = nil // a directory with tests alone is a room too
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range syntax.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[dir] = append(found[dir], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// ours returns the path of a package of this module below the top level.
func ours(imported string) (pkg string, ok bool) {
	if imported == module {
		return "", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func TestImportArrows(t *testing.T) {
	for pkg, imported := range imports(t) {
		room, ok := roomOf(pkg)
		if !ok {
			t.Errorf("%s is in no room", pkg)
			continue
		}
		for _, name := range imported {
			if host, ok := hosts[name]; ok && room != host {
				t.Errorf("%s imports %s, which is for %s alone", pkg, name, host)
			}
			target, ok := ours(name)
			if !ok {
				continue
			}
			to, ok := roomOf(target)
			if !ok || to != room && !slices.Contains(rooms[room], to) {
				t.Errorf("%q may not import %q", pkg, target)
			}
		}
	}
}

// TestBinaryHoldsNoDevelopmentParts follows the imports from main.
func TestBinaryHoldsNoDevelopmentParts(t *testing.T) {
	t.Parallel()
	imported := imports(t)
	linked := map[string]bool{}
	var link func(string)
	link = func(pkg string) {
		if linked[pkg] {
			return
		}
		linked[pkg] = true
		for _, name := range imported[pkg] {
			if target, ok := ours(name); ok {
				link(target)
			}
			if name == "testing" {
				t.Errorf("%q imports testing", pkg)
			}
		}
	}
	link("")
	for pkg := range linked {
		if strings.HasPrefix(pkg, "internal/dev/") {
			t.Errorf("mogplex links %s: it links %q", pkg, slices.Sorted(maps.Keys(linked)))
		}
	}
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"main.go", "keyring", "legacyfile", "login", "internal", "docs", "go.mod", "go.sum", "README.md",
		"LICENSE"}
	built := []string{"mogplex", "mogplex.exe", "mogplex-cli", "mogplex-cli.exe"} // in .gitignore
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, ".") && !slices.Contains(kept, name) && !slices.Contains(built, name) {
			t.Errorf("%s does not belong at the top level", name)
		}
	}
}
