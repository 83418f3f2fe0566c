package login

import (
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
)

var (
	errWrongIssuer      = errors.New("the browser came back from another service than the one asked")
	errPasteForeign     = errors.New("that address belongs to another sign-in; paste the one the browser shows now")
	errPasteUnusable    = errors.New("that is not the address the browser shows after signing in; it has /auth/callback?code=… in it")
	errPasteUnknownCode = errors.New("the service does not accept that code; paste the whole address the browser shows now")
)

const (
	maxPaste = 4 * maxQuery
	// pasteGap is the longest pause between two lines of one paste.
	pasteGap = 250 * time.Millisecond
	// minCode keeps typed words such as "quit" from being sent as a code.
	minCode, maxCode = 8, 2048
)

// pasteReader reads pasted callback addresses, queries and codes. A terminal
// delivers a wrapped address line by line, so it tries each paste alone, then
// joined to the lines before it.
type pasteReader struct {
	expect expectation
	before string
	open   bool // before is a code without state, whose next lines may follow
}

// read returns the answer in a paste, or why the paste is unusable. If the answer is
// unbound, the caller waits pasteGap for more lines, and calls close before it uses
// the code.
func (p *pasteReader) read(pasted string) (answer, error) {
	if len(pasted) > maxPaste {
		return answer{}, errPasteUnusable
	}
	words := hasWords(pasted)
	pasted = unwrap(pasted)
	a, err := p.expect.readAddress(pasted)
	if !words && isCode(pasted) {
		a, err = codeAlone(pasted), nil
	}
	if (err != nil || a.unbound) && !beginsAddress(pasted) {
		joined, joinedErr := p.join(pasted)
		if joinedErr == nil && (err != nil || p.open || !joined.unbound) {
			a, err = joined, nil
		}
		if err != nil || a == joined {
			pasted = p.before + pasted
		}
	}
	p.open = a.unbound
	if p.before = pasted; err == nil && !a.unbound || len(pasted) > maxQuery || !p.open && !beginsAddress(pasted) {
		p.before = ""
	}
	return a, err
}

// join reads the lines before with the next one.
func (p *pasteReader) join(next string) (answer, error) {
	all := p.before + next
	if p.open && isCode(all) {
		return codeAlone(all), nil
	}
	return p.expect.readAddress(all)
}

// close ends the wait for more lines of a code without state.
func (p *pasteReader) close() {
	p.open = false
	if !beginsAddress(p.before) {
		p.before = ""
	}
}

// beginsAddress reports whether text can be the first line of an address.
func beginsAddress(text string) bool {
	for _, start := range []string{"http", "127.0.0.1", "localhost", "?", "code=", "state="} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// readAddress reads one callback address, or its query alone.
func (x expectation) readAddress(text string) (answer, error) {
	query := text
	if before, after, found := strings.Cut(text, "?"); found {
		if before != "" && !isCallback(before) {
			return answer{}, errPasteUnusable
		}
		query = after
	}
	query, _, _ = strings.Cut(query, "#")
	switch a, v := x.parse(query); v {
	case answered, strayRefusal, unbound:
		// A stray refusal counts: the person pasted it, so it is not forged.
		return a, nil
	case foreign:
		return answer{}, errPasteForeign
	}
	return answer{}, errPasteUnusable
}

// isCode reports whether text can be the code of a callback address.
func isCode(text string) bool {
	return len(text) >= minCode && len(text) <= maxCode && web.VisibleASCII(text) && !beginsAddress(text) &&
		!strings.ContainsAny(strings.TrimRight(text, "="), "?&=:#") && !strings.HasPrefix(text, "/")
}

// codeAlone returns a pasted code, decoded if it was copied from an address.
func codeAlone(text string) answer {
	if decoded, err := url.PathUnescape(text); err == nil && web.VisibleASCII(decoded) {
		text = decoded
	}
	return answer{code: text, unbound: true}
}

// hasWords reports whether a line has blanks between words, as a sentence does. A
// terminal that wraps adds blanks only at the ends of a line.
func hasWords(pasted string) bool {
	for line := range strings.Lines(pasted) {
		if len(strings.Fields(line)) > 1 {
			return true
		}
	}
	return false
}

// isCallback reports whether address, without its query, is a callback address.
// Some browsers copy an address without its scheme.
func isCallback(address string) bool {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.EscapedPath() != callbackPath {
		return false
	}
	return u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost"
}

// unwrap undoes the changes that shells, chats and terminals make to a copied
// address: white space, control characters, quotes, brackets, backslashes, &amp;.
func unwrap(pasted string) string {
	const pasteStart, pasteEnd = "\x1b[200~", "\x1b[201~" // bracketed paste
	pasted = strings.NewReplacer(pasteStart, "", pasteEnd, "", "&amp;", "&", `\?`, "?", `\&`, "&", `\=`, "=").Replace(pasted)
	pasted = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || text.Unsafe(r) {
			return -1
		}
		return r
	}, pasted)
	return strings.Trim(pasted, "\"'`<>()“”‘’")
}
