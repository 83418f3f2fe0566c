package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// checkedWriter records that a write failed, for example on a full disk, so that the
// exit code reports incomplete output. A write to a pipe without a reader ends the
// process, as is usual, unless failed is set: the app may have other work.
type checkedWriter struct {
	io.Writer
	err    error
	failed func()
}

func (w *checkedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) && w.failed == nil {
		signal.Reset(syscall.SIGPIPE)
		n, err = w.Writer.Write(p) // on stdout, this does not return
	}
	if err != nil {
		w.err = err
		if w.failed != nil {
			w.failed()
		}
	}
	return n, err
}

// rawStdout is stdout without the check.
func (p *program) rawStdout() io.Writer {
	if w, ok := p.stdout.(*checkedWriter); ok {
		return w.Writer
	}
	return p.stdout
}

// stdoutWidth returns how many columns stdout has, or 0 if it is not a terminal.
func (p *program) stdoutWidth() int {
	f, ok := p.rawStdout().(*os.File)
	if !ok || !p.isTerminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// printJSON writes the one JSON object of a command to stdout.
func (p *program) printJSON(v any) {
	p.printed = true
	var object bytes.Buffer
	enc := json.NewEncoder(&object)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
	_, _ = io.WriteString(p.stdout, escaped(object.String())) // run reports a failed write
}

// escaped replaces control characters, which a terminal would obey, by JSON escapes. The
// value stays the same.
func escaped(json string) string {
	var b strings.Builder
	for _, r := range json {
		if r == '\n' || !text.Unsafe(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// rows converts a list for JSON, where an empty one is [] and not null.
func rows[From, To any](list []From, row func(From) To) []To {
	all := make([]To, len(list))
	for i, item := range list {
		all[i] = row(item)
	}
	return all
}

// timestamp formats a time for JSON. It is empty if the time is not known.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
