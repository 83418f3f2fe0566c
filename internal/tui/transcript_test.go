package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func screenOf(t *transcript) []string {
	var lines []string
	t.shown(func(_ kind, text string, _ bool) { lines = append(lines, text) })
	return lines
}

func TestTranscriptStaysAtTheEndUnlessScrolled(t *testing.T) {
	tr := &transcript{}
	tr.resize(20, 3)
	for i := range 9 {
		tr.say(noticed, fmt.Sprint("line ", i))
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := screenOf(tr); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	check("at the end", "line 6", "line 7", "line 8")
	tr.scroll(-2)
	tr.say(noticed, "line 9")
	check("scrolled up", "line 4", "line 5", "line 6")
	tr.resize(5, 3)
	check("narrow", "line", "4", "line")
	tr.resize(20, 3)
	check("wide again", "line 4", "line 5", "line 6")
	tr.scroll(100)
	tr.say(noticed, "line 10")
	check("at the end again", "line 8", "line 9", "line 10")
	tr.resize(20, 5)
	check("higher", "line 6", "line 7", "line 8", "line 9", "line 10")
	tr.scroll(-100)
	check("at the top", "line 0", "line 1", "line 2", "line 3", "line 4")
	tr.clear()
	check("cleared")
}

// An answer that comes in pieces looks as one that comes at once.
func TestTranscriptStreams(t *testing.T) {
	text := "The first paragraph is long enough to wrap.\n\n    indented\n日本語のテキスト and the end"
	whole, pieces := &transcript{}, &transcript{}
	for _, tr := range []*transcript{whole, pieces} {
		tr.resize(17, 100)
		tr.say(prompted, "go on")
	}
	whole.say(answered, text)
	e := pieces.say(answered, "")
	for _, r := range text {
		pieces.more(e, string(r))
		pieces.say(noticed, "meanwhile")
		pieces.entries = pieces.entries[:2]
		pieces.total -= 2
	}
	if got, want := screenOf(pieces), screenOf(whole); !slices.Equal(got, want) || pieces.total != whole.total {
		t.Errorf("in pieces %q (%d lines), at once %q (%d lines)", got, pieces.total, want, whole.total)
	}
}

func BenchmarkTranscript(b *testing.B) {
	tr := &transcript{}
	tr.resize(78, 40)
	e := tr.say(answered, strings.Repeat("A line of an answer that is as long as lines of answers are, mostly.\n", 10_000))
	b.Run("piece and draw", func(b *testing.B) {
		for i := range b.N {
			tr.more(e, []string{"word ", "\n"}[i%2])
			screenOf(tr)
		}
	})
	b.Run("resize", func(b *testing.B) {
		for i := range b.N {
			tr.resize(60+i%2, 40)
		}
	})
}
