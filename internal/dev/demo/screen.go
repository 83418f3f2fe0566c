package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// width is what every line keeps to, in characters; an address stays whole.
const width = 80

// errCheck is a check that did not hold, and has said so.
var errCheck = errors.New("a check failed")

// screen prints the demo. Secrets that it knows are shown by their first
// characters only. The first failure ends the demo: err is set, and checks say
// nothing from then on.
type screen struct {
	out     io.Writer
	colours bool
	secrets []string
	checks  int // that held
	err     error
}

func newScreen(out io.Writer) screen {
	f, ok := out.(*os.File)
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows"
	return screen{out: out, colours: ok && !plain && term.IsTerminal(int(f.Fd()))}
}

// stop ends the demo, unless it has ended before.
func (s *screen) stop(err error) {
	if s.err == nil {
		s.err = err
	}
}

// keepSecret makes a token known, so that it is never shown in full.
func (s *screen) keepSecret(token string) {
	if token != "" {
		s.secrets = append(s.secrets, token)
	}
}

// anySecret reports whether a text holds a token that is known.
func (s *screen) anySecret(text string) bool {
	return slices.ContainsFunc(s.secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// masked is a token as it may be shown.
func masked(token string) string {
	return fmt.Sprintf("%.4s… (%d characters)", token, utf8.RuneCountInString(token))
}

// print writes indented lines, in the colour of an SGR code where there is one.
func (s *screen) print(indent, colour, text string) {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, fmt.Sprintf("%.4s…", secret))
	}
	text = wrap(text, indent)
	if s.colours && colour != "" {
		text = "\x1b[" + colour + "m" + text + "\x1b[0m"
	}
	fmt.Fprintln(s.out, text)
}

func (s *screen) say(format string, args ...any) { s.print("", "", fmt.Sprintf(format, args...)) }

func (s *screen) title(format string, args ...any) {
	s.print("", "1", "\n"+fmt.Sprintf(format, args...))
}

// typed shows a command as one would type it.
func (s *screen) typed(words ...string) { s.print("  ", "36", "$ "+strings.Join(words, " ")) }

// output shows what a command printed.
func (s *screen) output(text string) { s.print("    ", "", strings.TrimRight(text, "\n")) }

// check says what was checked, and ends the demo where it does not hold.
func (s *screen) check(holds bool, format string, args ...any) {
	switch {
	case s.err != nil:
	case holds:
		s.checks++
		s.print("  ", "32", "✓ "+fmt.Sprintf(format, args...))
	default:
		s.err = errCheck
		s.fail("This does not hold: "+format, args...)
	}
}

func (s *screen) fail(format string, args ...any) {
	s.print("  ", "31", "✗ "+fmt.Sprintf(format, args...))
}

// wrap indents a text and breaks lines that are too long between words. The
// rest of a line stands deeper than its beginning.
func wrap(text, indent string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.TrimLeft(line, " ")
		lead := indent + line[:len(line)-len(words)]
		rest, current := lead+"  ", ""
		for i, word := range strings.Split(words, " ") {
			switch {
			case i == 0:
				current = word
			case utf8.RuneCountInString(lead+current+" "+word) > width:
				out = append(out, lead+strings.TrimRight(current, " "))
				lead, current = rest, word
			default:
				current += " " + word
			}
		}
		out = append(out, strings.TrimRight(lead+current, " "))
	}
	return strings.Join(out, "\n")
}
