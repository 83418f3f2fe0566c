package text_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/text"
)

func drawn(s string, rows []text.Row) (lines []string) {
	for _, r := range rows {
		lines = append(lines, r.Drawn(s))
	}
	return lines
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
		if got := drawn(test.text, text.Rows(test.text, test.width)); !slices.Equal(got, test.want) {
			t.Errorf("Rows(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestRowsHangBelowTheLastColumnThatFits(t *testing.T) {
	for _, test := range []struct {
		table bool
		line  string
		want  []string
	}{
		{true, "  kind  renewed by itself", []string{"  kind  renewed", "        by", "        itself"}},
		{true, "environment absent   MOGPLEX", []string{"environment", "absent   MOGPLEX"}},
		{true, "  file  /home/ada", []string{"  file", "  /home/ada"}},
		{false, "  two  and more words", []string{"  two  and more", "  words"}},
		{false, "    supercalifragilisticexpialidocious", []string{"", "    supercalifra", "    gilisticexpi", "    alidocious"}},
	} {
		rows := text.LineRows(nil, test.line, 16, text.Hang(test.line, 16, test.table))
		if got := drawn(test.line, rows); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.line, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 5, ""},
		{"one two three", 7, "one two\nthree"},
		{"see https://example.test/path now", 10, "see\nhttps://example.test/path\nnow"},
		{"日本 日本 x", 7, "日本\n日本 x"},
		{"a\n\nb c", 1, "a\n\nb\nc"},
	} {
		if got := text.Wrap(test.text, test.width); got != test.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// TestRowsOfRandomTexts checks that rows leave nothing out, and that no line is wider than asked, whether a terminal
// measures clusters or adds up runes.
func TestRowsOfRandomTexts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		s, width := randomText(random), 2+random.IntN(50)
		at := 0
		for _, r := range text.Rows(s, width) {
			if gap := s[at:r.Start]; gap != "" && gap != "\n" {
				t.Fatalf("Rows(%q, %d) leaves out %q", s, width, gap)
			}
			line := r.Drawn(s)
			if most := max(ansi.StringWidth(line), ansi.StringWidthWc(line)); most > width {
				t.Fatalf("Rows(%q, %d) has %q, which is %d wide", s, width, line, most)
			}
			at = r.End
		}
		if at != len(s) {
			t.Fatalf("Rows(%q, %d) ends at %d", s, width, at)
		}
		line := text.Line(s)
		for _, r := range text.LineRows(nil, line, width, width/2) {
			if drawn := r.Drawn(line); text.Columns(drawn) > max(width, width/2+2) {
				t.Fatalf("%d columns have %q", width, drawn)
			}
		}
		if short := text.Shorten(line, width); text.Columns(short) > width {
			t.Fatalf("Shorten(%q, %d) = %q", line, width, short)
		}
	}
}

// randomText has words of several scripts, spaces and newlines.
func randomText(random *rand.Rand) string {
	parts := []string{" ", "  ", "\n", "\t", "a", "word", "-", "日本", "é", "e\u0301", "👩‍👩‍👧", "🇨🇭", "स्ते", "한국", "ﷺ", "❤️",
		strings.Repeat("x", 60), "\u0301", "ก็"}
	var b strings.Builder
	for range random.IntN(30) {
		b.WriteString(parts[random.IntN(len(parts))])
	}
	return text.Clean(b.String())
}

func TestColumnsAreAtLeastWhatTerminalsDraw(t *testing.T) {
	for r := ' '; r <= unicode.MaxRune; r++ {
		s := string(r)
		if most := max(ansi.StringWidth(s), ansi.StringWidthWc(s)); !text.Unsafe(r) && text.Columns(s) < most {
			t.Errorf("Columns(%q), %U, is %d; want %d", s, r, text.Columns(s), most)
		}
	}
}
