//go:build linux

package main

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

func cells(text string, style uv.Style) (row []terminal.Cell) {
	for _, char := range text {
		row = append(row, terminal.Cell{Content: string(char), Width: 1, Style: style})
	}
	return row
}

func TestCut(t *testing.T) {
	plain, red := uv.Style{}, uv.Style{Fg: ansi.Red}
	bold := uv.Style{Fg: ansi.IndexedColor(9), Attrs: uv.AttrBold}
	wide := []terminal.Cell{{Content: "日", Width: 2}, {}}
	for name, c := range map[string]struct {
		row  []terminal.Cell
		want []piece
	}{
		"blanks":  {cells("  a b   c ", plain), []piece{{2, "", "a b"}, {8, "", "c"}}},
		"colours": {slices.Concat(cells("a ", red), cells("b", plain)), []piece{{0, ` fill="#ff7b72"`, "a"}, {2, "", "b"}}},
		"bold":    {cells("a", bold), []piece{{0, ` class="b" fill="#ffa198"`, "a"}}},
		"wide":    {slices.Concat(wide, cells("x", plain)), []piece{{0, "", "日x"}}},
	} {
		if got, err := cut(c.row); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v, %v", name, got, c.want, err)
		}
	}
	for _, style := range []uv.Style{{Bg: ansi.Red}, {Underline: uv.UnderlineSingle}, {Attrs: uv.AttrReverse}} {
		if _, err := cut(cells("a", style)); err == nil {
			t.Errorf("cut leaves out %+v", style)
		}
	}
}

func TestDrawWritesXMLWithTheReplacedText(t *testing.T) {
	screen := terminal.Screen{Size: terminal.Size{Columns: 9, Rows: 1}, Cells: [][]terminal.Cell{cells(`<"/tmp/p>`, uv.Style{})}}
	picture, err := draw(screen, "title", "words", strings.NewReplacer("/tmp/p", "/home/ada"))
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		Text []string `xml:"text"`
	}
	if err := xml.Unmarshal(picture, &svg); err != nil || !slices.Equal(svg.Text, []string{"title", `<"/home/ada>`}) {
		t.Errorf("%q, %v", svg.Text, err)
	}
}
