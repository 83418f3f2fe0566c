package text_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mogplex/mogplex-cli/internal/text"
)

func TestCleaners(t *testing.T) {
	for _, test := range []struct{ in, clean, line, printable string }{
		{in: "plain\ttext\nof two  lines ", clean: "plain\ttext\nof two  lines ", line: "plain text of two lines", printable: "plaintextof two  lines "},
		{in: "\x1b[31mred\x1b[0m", clean: "[31mred[0m", line: "red", printable: "[31mred[0m"},
		{in: "\x1b]52;c;AAAA\x07", clean: "]52;c;AAAA", line: "", printable: "]52;c;AAAA"},
		{in: "\u009b2J\x9d0;title\x9c", clean: "2J0;title", line: "0;title", printable: "2J0;title"},
		{in: "a\x1b]0;no end", clean: "a]0;no end", line: "a0;no end", printable: "a]0;no end"},
		{in: "a\x1bPdata\x1b\\b\x1bc\x1b", clean: "aPdata\\bc", line: "abc", printable: "aPdata\\bc"},
		{in: "a\x1b[31", clean: "a[31", line: "a", printable: "a[31"},
		{in: "over\rwritten\b\x7f", clean: "overwritten", line: "over written", printable: "overwritten"},
		{in: "\u202egnp.exe\u2066", clean: "gnp.exe", line: "gnp.exe", printable: "gnp.exe"},
		{in: "a\u2028b\u2029c", clean: "a\nb\nc", line: "a b c", printable: "abc"},
		{in: "日本語 é\u00a0", clean: "日本語 é\u00a0", line: "日本語 é", printable: "日本語 é\u00a0"},
		{in: "می\u200cخواهم 👩\u200d💻", clean: "می\u200cخواهم 👩\u200d💻", line: "میخواهم 👩💻", printable: "میخواهم 👩💻"},
	} {
		if got := text.Clean(test.in); got != test.clean {
			t.Errorf("Clean(%q) = %q, want %q", test.in, got, test.clean)
		}
		if got := text.Line(test.in); got != test.line {
			t.Errorf("Line(%q) = %q, want %q", test.in, got, test.line)
		}
		if got := text.Printable(test.in); got != test.printable {
			t.Errorf("Printable(%q) = %q, want %q", test.in, got, test.printable)
		}
	}
}

// FuzzCleaners searches for text with unsafe characters after cleaning. It lists them independently of [text.Unsafe].
func FuzzCleaners(f *testing.F) {
	for _, seed := range []string{"\x1b[2J\x1b]0;title\a", "\u009b31m\u202e\u2067", "\xff\xfe\x1b", "a\r\nb\u2028c\u0085", "\u200e\u200f\u061c\ufeff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, clean := range map[string]func(string) string{"Clean": text.Clean, "Line": text.Line, "Printable": text.Printable} {
			got := clean(s)
			if !utf8.ValidString(got) || clean(got) != got {
				t.Errorf("%s(%q) = %q", name, s, got)
			}
			for _, r := range got {
				allowed := name == "Clean" && strings.ContainsRune("\n\t\u200c\u200d", r)
				if !allowed && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%s(%q) does not remove %U", name, s, r)
				}
			}
		}
		if line := text.Line(s); strings.TrimSpace(line) != line || strings.Contains(line, "  ") {
			t.Errorf("Line(%q) = %q", s, line)
		}
	})
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                 "0 seconds",
		time.Second:       "1 second",
		119 * time.Second: "119 seconds",
		2 * time.Minute:   "2 minutes",
		119 * time.Minute: "119 minutes",
		2 * time.Hour:     "2 hours",
		47 * time.Hour:    "47 hours",
		48 * time.Hour:    "2 days",
	} {
		if got := text.Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
	if got := text.Ago(59 * time.Second); got != "a moment ago" {
		t.Error(got)
	}
	if got := text.Ago(90 * time.Second); got != "90 seconds ago" {
		t.Error(got)
	}
}
