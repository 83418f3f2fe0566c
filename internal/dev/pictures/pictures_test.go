//go:build linux

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The pictures in docs are those that this source makes.
func TestPicturesAreCurrent(t *testing.T) {
	if missing := keyringtest.Available(); missing != "" {
		if os.Getenv("MOGPLEX_CI_REQUIRE") != "" {
			t.Fatalf("%s is not installed", missing)
		}
		t.Skipf("%s is not installed", missing)
	}
	pictures, err := makeAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("..", "..", "..", "docs", "pictures")
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, picture := range pictures {
		if kept, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(kept, picture) {
			t.Errorf("%s is another picture now (%v): look at it, and make it with `go run ./internal/dev/pictures`", name, err)
		}
		if !bytes.Contains(readme, []byte("docs/pictures/"+name)) {
			t.Errorf("README.md does not show %s", name)
		}
	}
	if kept, err := os.ReadDir(dir); err != nil || len(kept) != len(pictures) {
		t.Errorf("%d pictures in place of %d: %v", len(kept), len(pictures), err)
	}
}

// screenOf makes a screen of one row.
func screenOf(cells ...terminal.Cell) terminal.Screen {
	return terminal.Screen{
		Size:   terminal.Size{Columns: len(cells), Rows: 1},
		Cells:  [][]terminal.Cell{cells},
		Cursor: terminal.Cursor{Hidden: true},
	}
}

func cells(text string, style uv.Style) []terminal.Cell {
	var all []terminal.Cell
	for _, char := range text {
		all = append(all, terminal.Cell{Content: string(char), Width: 1, Style: style})
	}
	return all
}

// described tells what is drawn of a row: backgrounds in <>, texts in [].
func described(screen terminal.Screen) string {
	var all []string
	for _, r := range runs(screen, 0) {
		if r.background != "" {
			all = append(all, fmt.Sprintf("<%d+%d %s>", r.column, len(r.cells), r.background))
		}
		for _, p := range r.pieces() {
			look := strings.TrimSpace(r.class + " " + r.foreground)
			all = append(all, strings.ReplaceAll(fmt.Sprintf("[%d+%d %s %s]", p.column, p.columns, look, p.text), "  ", " "))
		}
	}
	return strings.Join(all, " ")
}

func TestRuns(t *testing.T) {
	red := uv.Style{Fg: ansi.Red}
	bold := uv.Style{Fg: ansi.IndexedColor(9), Attrs: uv.AttrBold | uv.AttrItalic}
	cursor := screenOf(cells("ab", uv.Style{})...)
	cursor.Cursor = terminal.Cursor{Column: 1}
	for _, c := range []struct {
		name   string
		screen terminal.Screen
		want   string // columns, look and text
	}{
		{"blanks", screenOf(cells("  a b   c ", uv.Style{})...), "[2+3 a b] [8+1 c]"},
		{"colours", screenOf(append(cells("a ", red), cells("b", uv.Style{Fg: ansi.RGBColor{R: 1}})...)...),
			"[0+1 #ff7b72 a] [2+1 #010000 b]"},
		{"attributes", screenOf(cells("a", bold)...), "[0+1 b i #ffa198 a]"},
		{"reverse", screenOf(cells(" a ", uv.Style{Attrs: uv.AttrReverse})...), "<0+3 #d6dbe3> [1+1 #14171d a]"},
		{"underlined blanks", screenOf(append(cells("a ", uv.Style{Underline: uv.UnderlineSingle}), cells(" b", uv.Style{})...)...),
			"[0+1 u a] [3+1 b]"},
		{"wide", screenOf(append([]terminal.Cell{{Content: "日", Width: 2}, {}}, cells("x", uv.Style{})...)...), "[0+3 日x]"},
		{"cursor", cursor, "[0+1 a] <1+1 #d6dbe3> [1+1 #14171d b]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := described(c.screen); got != c.want {
				t.Errorf("%s\nin place of\n%s", got, c.want)
			}
		})
	}
}

// What is drawn is XML, and its words are the screen's.
func TestDraw(t *testing.T) {
	screen := screenOf(cells(`<a>&"`, uv.Style{})...)
	decoder := xml.NewDecoder(bytes.NewReader(draw(screen, "title", `tells "it"`)))
	var texts []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			texts = append(texts, string(text))
		}
	}
	want := []string{`tells "it"`, texts[1], "title", `<a>&"`} // the second is the style sheet
	if !slices.Equal(texts, want) {
		t.Errorf("%q in place of %q", texts, want)
	}
}

// The directory of a scene is shown as a person's home, wherever it is in a row.
func TestMasked(t *testing.T) {
	style := uv.Style{Fg: ansi.Green}
	wide := []terminal.Cell{{Content: "日", Width: 2}, {}}
	screen := screenOf(append(wide, cells(" /tmp/p123456/status/x |   ", style)...)...)
	got := masked(screen, "/tmp/p123456/status").Cells[0]
	if text := (terminal.Screen{Cells: [][]terminal.Cell{got}}).String(); text != "日 /home/ada/x |" || len(got) != screen.Size.Columns {
		t.Errorf("%q, %d columns", text, len(got))
	}
	if got[4].Style != style {
		t.Errorf("%+v", got[4])
	}
}
