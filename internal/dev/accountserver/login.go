package accountserver

import (
	"html/template"
	"net/http"
)

const sessionCookie = "mogplex_session"

// page is a page of the service: a text, and buttons for the accounts if Action is set.
type page struct {
	Title, Text string
	Action      string // where the form goes
	UserCode    *string
	Accounts    []Account
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} – mogplex (development)</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem }
button, input { font: inherit; width: 100%; padding: .6rem; margin: .4rem 0; box-sizing: border-box }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{if .Action}}<form method="post" action="{{.Action}}">
{{with .UserCode}}<label>Code <input name="user_code" value="{{.}}" required></label>{{end}}
{{range .Accounts}}<button name="as" value="{{.Email}}">{{.Name}} ({{if .ModelAccess}}with{{else}}without{{end}} model access)</button>
{{end}}<button name="cancel" value="1">Cancel</button>
</form>{{end}}
</body>
</html>
`))

func (s *Server) showPage(w http.ResponseWriter, status int, p page) {
	p.Accounts = s.cfg.Accounts
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p) // fails if the browser is gone
}

// signedIn returns the account that the browser of r is signed in as, or nil.
func (s *Server) signedIn(r *http.Request) *Account {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[cookie.Value]
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	s.showPage(w, http.StatusOK, page{Title: "Sign in", Text: "Sign in to let mogplex use an account.",
		Action: "/login?" + r.URL.RawQuery})
}

// submitLogin takes as=EMAIL, or cancel=1. It sends the browser back to the authorize
// request, without its nonce, which the login page loses.
func (s *Server) submitLogin(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.PostFormValue("cancel") != "" {
		refused := s.checkClient(query)
		if refused == nil {
			refused = &refusal{code: "access_denied", description: "The sign-in was cancelled."}
		}
		s.refuse(w, r, query, refused)
		return
	}
	account := s.account(r.PostFormValue("as"))
	if account == nil {
		s.showPage(w, http.StatusUnauthorized, page{Title: "Sign in", Text: "Unknown account."})
		return
	}
	id := random62(32)
	s.mu.Lock()
	s.sessions[id] = account
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	query.Del("nonce")
	http.Redirect(w, r, AuthorizePath+"?"+query.Encode(), http.StatusSeeOther)
}
