package login

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/mogplex/mogplex-cli/internal/text"
)

var (
	errWrongIssuer   = errors.New("the browser came back from another service than the one asked")
	errPasteBareCode = errors.New("paste the whole address, not the code alone: its state shows that it belongs to this sign-in")
	errPasteForeign  = errors.New("that address belongs to another sign-in; paste the one the browser shows now")
	errPasteUnusable = errors.New("that is not the address the browser shows after signing in; it has /auth/callback?code=… in it")
)

const maxPaste = 4 * maxQuery

// pasteReader reads pasted callback addresses. A terminal delivers a wrapped
// address line by line, so it tries each paste alone, then joined to the lines
// before it.
type pasteReader struct {
	expect expectation
	before string
}

// read returns the answer in a paste, or why the paste is unusable.
func (p *pasteReader) read(pasted string) (answer, error) {
	if len(pasted) > maxPaste {
		return answer{}, errPasteUnusable
	}
	pasted = unwrap(pasted)
	a, err := p.expect.readAddress(pasted)
	if err != nil && !beginsAddress(pasted) {
		pasted = p.before + pasted
		if joined, joinedErr := p.expect.readAddress(pasted); joinedErr == nil {
			return joined, nil
		}
	}
	if p.before = pasted; len(pasted) > maxQuery || !beginsAddress(pasted) {
		p.before = ""
	}
	return a, err
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
	if query != "" && !strings.ContainsAny(query, "=:/") {
		return answer{}, errPasteBareCode
	}
	a, v := x.parse(query)
	switch {
	case v == answered, v == strayRefusal:
		// A stray refusal counts: the person pasted it, so it is not forged.
		return a, nil
	case v == foreign && !strings.Contains(query, "state="):
		return answer{}, errPasteBareCode
	case v == foreign:
		return answer{}, errPasteForeign
	}
	return answer{}, errPasteUnusable
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
// address: white space, control characters, quotes, brackets, &amp;.
func unwrap(pasted string) string {
	const pasteStart, pasteEnd = "\x1b[200~", "\x1b[201~" // bracketed paste
	pasted = strings.NewReplacer(pasteStart, "", pasteEnd, "", "&amp;", "&").Replace(pasted)
	pasted = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || text.Unsafe(r) {
			return -1
		}
		return r
	}, pasted)
	return strings.Trim(pasted, "\"'`<>()“”‘’")
}
