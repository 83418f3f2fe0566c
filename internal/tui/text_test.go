package tui

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestCleanKeepsWhatIsReadAndDropsWhatSteers(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ttext\nof two lines": "plain\ttext\nof two lines",
		"\x1b[31mred\x1b[0m":        "[31mred[0m",
		"\x1b]52;c;AAAA\x07":        "]52;c;AAAA",
		"\u009b2J\x9d0;title\x9c":   "2J0;title",
		"over\rwritten\b\x7f":       "overwritten",
		"\u202egnp.exe\u2066":       "gnp.exe",
		"a\u2028b":                  "a\nb",
		"日本語 é":                     "日本語 é",
		"می\u200cخواهم 👩\u200d💻":    "می\u200cخواهم 👩\u200d💻",
	} {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRows(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"hello world", 11, []string{"hello world"}},
		{"hello world", 10, []string{"hello", "world"}},
		{"hello     world", 5, []string{"hello", "world"}},
		{"    indented line", 9, []string{"", "indented", "line"}},
		{"https://example.test/path", 10, []string{"https://ex", "ample.test", "/path"}},
		{"one\n\ntwo\n", 10, []string{"one", "", "two", ""}},
		{"a\tb", 10, []string{"a    b"}},
		{"see 日本語のテキスト", 10, []string{"see 日本語", "のテキスト"}},
		{"日本", 1, []string{"日", "本"}},
		{"👩\u200d💻 می\u200cخو", 20, []string{"👩💻 می\u200cخو"}},
	} {
		var got []string
		for _, r := range rows(test.text, test.width) {
			got = append(got, r.drawn(test.text))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("rows(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// What goes on below is below the last column that leaves room for it.
func TestRowsHang(t *testing.T) {
	for _, test := range []struct {
		kind kind
		text string
		want []string
	}{
		{noticed, "  kind  renewed by itself", []string{"  kind  renewed", "        by", "        itself"}},
		{noticed, "environment absent   MOGPLEX", []string{"environment", "absent   MOGPLEX"}},
		{noticed, "  file  /home/ada", []string{"  file", "  /home/ada"}},
		{answered, "  two  and more words", []string{"  two  and more", "  words"}},
		{answered, "    supercalifragilisticexpialidocious", []string{"", "    supercalifra", "    gilisticexpi", "    alidocious"}},
	} {
		tr := &transcript{}
		tr.resize(16, 9)
		tr.say(test.kind, test.text)
		if got := screenOf(tr); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// Whatever the text is, rows leave nothing out, and no line is too wide for a
// terminal, however that counts.
func TestRowsOfRandomTexts(t *testing.T) {
	for range 3000 {
		text, width := randomText(), 2+rand.IntN(50)
		at := 0
		for _, r := range rows(text, width) {
			if gap := text[at:r.start]; gap != "" && gap != "\n" {
				t.Fatalf("rows(%q, %d) leaves out %q", text, width, gap)
			}
			line := r.drawn(text)
			if most := max(ansi.StringWidth(line), ansi.StringWidthWc(line)); most > width {
				t.Fatalf("rows(%q, %d) has %q, which is %d wide", text, width, line, most)
			}
			at = r.end
		}
		if at != len(text) {
			t.Fatalf("rows(%q, %d) ends at %d", text, width, at)
		}
		for _, r := range appendRows(nil, oneLine(text), 0, len(oneLine(text)), width, width/2) {
			if line := r.drawn(oneLine(text)); columnsOf(line) > max(width, width/2+2) {
				t.Fatalf("%d columns have %q", width, line)
			}
		}
		if short := shorten(oneLine(text), width); columnsOf(short) > width {
			t.Fatalf("shorten(%q, %d) = %q", text, width, short)
		}
	}
}

// randomText has words of several scripts, spaces and newlines.
func randomText() string {
	parts := []string{" ", "  ", "\n", "\t", "a", "word", "-", "日本", "é", "e\u0301", "👩‍👩‍👧", "🇨🇭", "स्ते", "한국", "ﷺ", "❤️",
		strings.Repeat("x", 60), "\u0301", "ก็"}
	var b strings.Builder
	for range rand.IntN(30) {
		b.WriteString(parts[rand.IntN(len(parts))])
	}
	return clean(b.String())
}
