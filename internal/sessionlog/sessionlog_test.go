package sessionlog_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

// lines returns the lines of a log.
func lines(t *testing.T, l *sessionlog.Log) (all []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, fields)
	}
	return all
}

func TestFields(t *testing.T) {
	l := open(t, t.TempDir(), sessionlog.Options{})
	l.Event("prompt sent", sessionlog.Text("code", "no_model"), sessionlog.Count("bytes", 12), sessionlog.Flag("pending", true),
		sessionlog.Program())
	line := lines(t, l)[0]
	for key, want := range map[string]any{"level": "INFO", "msg": "prompt sent", "code": "no_model", "bytes": 12.0,
		"pending": true, "os": runtime.GOOS, "arch": runtime.GOARCH} {
		if line[key] != want {
			t.Errorf("%s is %v", key, line[key])
		}
	}
}

// TestListed: a name is written if it is in the list, looks like a name, and does
// not look like a key.
func TestListed(t *testing.T) {
	const key, prefixed = "ghp_" + "MARK0123456789abcdef", "own_MARK0123456789abcdef"
	sentence, long, escape := "two words", strings.Repeat("a", 129), "a\x1b[2J"
	list := []string{"anthropic/claude-sonnet-4-5", key, prefixed, sentence, long, escape}
	for value, want := range map[string]string{
		"": "", "anthropic/claude-sonnet-4-5": "anthropic/claude-sonnet-4-5", "anthropic/claude": "(not listed)",
		key: "[redacted]", prefixed: "[redacted]", sentence: "(not listed)", long: "(not listed)", escape: "(not listed)",
	} {
		l := open(t, t.TempDir(), sessionlog.Options{Prefixes: []string{"own_"}})
		l.Event("prompt sent", sessionlog.Listed("model", value, list))
		if got := lines(t, l)[0]["model"]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

type markedError struct{ text string }

func (m markedError) Error() string { return m.text }

// panics panics with the secret that is its argument.
func panics(secret string) {
	if secret != "" {
		panic(markedError{secret})
	}
}

// TestPanic: Panic writes the type and the frames, and nothing of the value.
func TestPanic(t *testing.T) {
	l := open(t, t.TempDir(), sessionlog.Options{})
	func() {
		defer func() {
			callers := make([]uintptr, 50)
			l.Panic(recover(), callers[:runtime.Callers(1, callers)])
		}()
		panics("MARKED secret")
	}()
	line := lines(t, l)[0]
	frames, _ := json.Marshal(line["frames"])
	if line["level"] != "ERROR" || line["msg"] != "panic" || line["type"] != "sessionlog_test.markedError" ||
		!strings.Contains(string(frames), "sessionlog_test.panics sessionlog_test.go:") {
		t.Errorf("%v", line)
	}
	if text, err := os.ReadFile(l.Path()); err != nil || strings.Contains(string(text), "MARK") {
		t.Errorf("the value is in the log, or %v", err)
	}
	l.Panic(nil, nil)
}

// TestNothingIsConvertedToConst walks all files but tests: each Const is a literal.
func TestNothingIsConvertedToConst(t *testing.T) {
	uses := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if isConst(node) {
				uses++
			}
			switch n := node.(type) {
			case *ast.CallExpr:
				if isConst(ast.Unparen(n.Fun)) {
					t.Errorf("%s: a conversion to Const", files.Position(n.Pos()))
				}
			case *ast.TypeSpec:
				if isConst(n.Type) {
					t.Errorf("%s: another name for Const", files.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil || uses == 0 {
		t.Errorf("Const is used %d times, %v", uses, err)
	}
}

// isConst reports whether an expression is sessionlog.Const.
func isConst(node ast.Node) bool {
	s, ok := node.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "sessionlog" && s.Sel.Name == "Const"
}
