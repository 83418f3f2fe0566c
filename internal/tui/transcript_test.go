package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

func screenOf(t *transcript) []string {
	var lines []string
	t.shown(func(_ talk.Kind, text string, _ bool) { lines = append(lines, text) })
	return lines
}

func TestTranscriptStaysAtTheEndUnlessScrolled(t *testing.T) {
	tr := &transcript{}
	tr.resize(20, 3)
	for i := range 9 {
		tr.say(talk.Noticed, fmt.Sprint("line ", i))
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := screenOf(tr); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	check("at the end", "line 6", "line 7", "line 8")
	tr.scroll(-2)
	tr.say(talk.Noticed, "line 9")
	check("scrolled up", "line 4", "line 5", "line 6")
	tr.resize(5, 3)
	check("narrow", "line", "4", "line")
	tr.resize(20, 3)
	check("wide again", "line 4", "line 5", "line 6")
	tr.scroll(100)
	tr.say(talk.Noticed, "line 10")
	check("at the end again", "line 8", "line 9", "line 10")
	tr.resize(20, 5)
	check("higher", "line 6", "line 7", "line 8", "line 9", "line 10")
	tr.scroll(-100)
	check("at the top", "line 0", "line 1", "line 2", "line 3", "line 4")
	tr.clear()
	check("cleared")
}

// A resize keeps the visible part of a long answer.
func TestTranscriptKeepsThePlaceInAnAnswer(t *testing.T) {
	tr := &transcript{}
	tr.resize(20, 2)
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "this is line number %d of it\n", i)
	}
	tr.say(talk.Answered, text.String())
	tr.scroll(-tr.total)
	tr.scroll(2*30 + 1)
	for _, width := range []int{10, 33, 20} {
		tr.resize(width, 2)
		if got := strings.Join(screenOf(tr), " "); !strings.Contains(got, "30") {
			t.Errorf("at %d columns: %q", width, got)
		}
	}
}

// A full transcript drops its oldest lines, and the visible part stays.
func TestTranscriptForgetsTheOldest(t *testing.T) {
	tr := &transcript{}
	tr.resize(40, 3)
	answer := tr.say(talk.Answered, "")
	for i := range keptLines {
		tr.more(answer, fmt.Sprintf("answer %d\n", i))
	}
	if got := tr.entries[0].lines[0].text; !tr.cut || !strings.Contains(got, "dropped") {
		t.Errorf("it begins with %q", got)
	}
	tr.scroll(-20)
	read := screenOf(tr)
	for i := range 2 * keptLines {
		tr.say(talk.Noticed, fmt.Sprint("notice ", i))
		if i == keptLines/2 && !slices.Equal(screenOf(tr), read) {
			t.Errorf("after %d more: %q, not %q", i, screenOf(tr), read)
		}
	}
	if len(answer.lines) > 0 {
		t.Error("the answer is still there")
	}
	tr.more(answer, "the end\nof it")
	total := 0
	for _, e := range tr.entries {
		total += e.size()
	}
	if tr.lines > keptLines || len(tr.entries) > keptLines+1 || total != tr.total {
		t.Errorf("%d lines, %d entries, %d rows of %d", tr.lines, len(tr.entries), total, tr.total)
	}
	tr.scroll(tr.total)
	if got := screenOf(tr); !slices.Equal(got[1:], []string{"the end", "of it"}) {
		t.Errorf("at the end: %q", got)
	}
}

// The last line is never dropped.
func TestTranscriptForgetsLongLines(t *testing.T) {
	tr := &transcript{}
	tr.resize(80, 3)
	long := strings.Repeat("x", keptBytes)
	tr.say(talk.Answered, long)
	if tr.cut || tr.bytes != keptBytes {
		t.Errorf("cut %v, %d bytes", tr.cut, tr.bytes)
	}
	tr.say(talk.Noticed, "more")
	if !tr.cut || tr.bytes != len("more") || len(tr.entries) != 2 {
		t.Errorf("cut %v, %d bytes, %d entries", tr.cut, tr.bytes, len(tr.entries))
	}
}

// An answer in pieces looks like one that came at once.
func TestTranscriptStreams(t *testing.T) {
	text := "The first paragraph is long enough to wrap.\n\n    indented\n日本語のテキスト and the end"
	whole, pieces := &transcript{}, &transcript{}
	for _, tr := range []*transcript{whole, pieces} {
		tr.resize(17, 100)
		tr.say(talk.Prompted, "go on")
	}
	whole.say(talk.Answered, text)
	e := pieces.say(talk.Answered, "")
	for _, r := range text {
		pieces.more(e, string(r))
		pieces.say(talk.Noticed, "meanwhile")
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
	e := tr.say(talk.Answered, strings.Repeat("A line of an answer that is as long as lines of answers are, mostly.\n", 10_000))
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
