package login

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// page is a page for the browser. Its texts are plain; html escapes them.
type page struct {
	ok      bool
	heading string
	lines   []string
}

var (
	pageNotHere = page{heading: "Nothing to see here", lines: []string{
		"This address only waits for a sign-in that was started from a terminal."}}
	pageForeign = page{heading: "This is not the sign-in that is waiting", lines: []string{
		"The page you came from belongs to another sign-in, perhaps an older one. It was ignored, and nothing was changed.",
		"The terminal is still waiting. Go back to it and open the address it shows."}}
	pageFinished = page{heading: "This sign-in is already over", lines: []string{
		"It was not run a second time. The terminal shows how it ended."}}
)

// resultPage reports how a sign-in ended.
func resultPage(o outcome) page {
	switch {
	case o.grant == nil && o.err != nil:
		return refusedPage(withOp(opSignIn, o.err))
	case o.err != nil:
		return page{heading: "Signed in, but not stored", lines: []string{
			"The account service accepted you, but your credential could not be stored.",
			"Go back to the terminal: it shows why, and what to do."}}
	}
	lines := []string{"You are signed in" + asWhom(o.grant.Identity) + "."}
	if where := text.Line(o.where); where != "" {
		lines = append(lines, "Your credential is stored "+where+".")
	}
	return page{ok: true, heading: "Signed in", lines: append(lines, "You can close this tab and go back to the terminal.")}
}

func asWhom(id Identity) string {
	switch {
	case id.Name != "" && id.Email != "":
		return " as " + id.Name + " (" + id.Email + ")"
	case id.Name+id.Email != "":
		return " as " + id.Name + id.Email
	}
	return ""
}

// refusedPage reports why the sign-in failed.
func refusedPage(e *Error) page {
	p := failurePage(e)
	p.lines = append(p.lines, "Nothing was changed. Go back to the terminal to try again.")
	return p
}

// strayPage is refusedPage while the sign-in still waits.
func strayPage(e *Error) page {
	p := failurePage(e)
	p.lines = append(p.lines, "Nothing was changed. The terminal waits a little longer, in case you did not cause this; "+
		"then go back to it to try again.")
	return p
}

func failurePage(e *Error) page {
	why := "The sign-in could not be finished."
	switch {
	case e.Kind == ErrRefused && e.Code == "access_denied":
		why = "Access was denied."
	case e.Kind == ErrUnreachable:
		why = "The account service could not be reached to finish the sign-in."
	case e.Kind != nil:
		why = "The sign-in failed: " + e.Kind.Error() + "."
	}
	lines := []string{why}
	switch {
	case e.Description != "":
		lines = append(lines, "The account service says: "+e.Description)
	case e.Code != "" && e.Code != "access_denied":
		lines = append(lines, "The account service says: "+e.Code)
	}
	return page{heading: "Not signed in", lines: lines}
}

const pageStyle = `:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1a1d23;--soft:#4d5562;--line:#d9dde3;--ok:#157347;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--bg:#111418;--card:#1a1e24;--text:#eef1f5;--soft:#b3bbc7;--line:#323944;--ok:#4cc38a;--bad:#ff8a7a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--bg);color:var(--text);font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:34rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow-wrap:anywhere}
svg{display:block;width:2.75rem;height:2.75rem;margin-bottom:1rem;fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.ok{stroke:var(--ok)}.bad{stroke:var(--bad)}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:.5rem 0 0}p:last-child{color:var(--soft)}`

const (
	okMark  = `<svg class="ok" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M7.5 12.5l3 3 6-6.5"/></svg>`
	badMark = `<svg class="bad" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M12 7v6M12 16.5v.01"/></svg>`
)

func (p page) html() string {
	mark := badMark
	if p.ok {
		mark = okMark
	}
	heading := html.EscapeString(p.heading)
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><link rel=\"icon\" href=\"data:,\">" +
		"<title>" + heading + " – mogplex</title><style>" + pageStyle + "</style></head>\n" +
		"<body><main role=\"main\">" + mark + "<div role=\"status\"><h1>" + heading + "</h1>")
	for _, line := range p.lines {
		b.WriteString("\n<p>" + html.EscapeString(line) + "</p>")
	}
	b.WriteString("</div></main></body></html>\n")
	return b.String()
}

// contentPolicy allows only the page's style and its empty icon.
func contentPolicy() string {
	hash := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

func setHeaders(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pageWriteTimeout))
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", contentPolicy())
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

func writePage(w http.ResponseWriter, status int, p page) {
	setHeaders(w)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(p.html()))
}

// redirect sends the browser to another path of this server, so that the address
// bar shows no code.
func redirect(w http.ResponseWriter, path string) {
	setHeaders(w)
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
}
