package accountserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	sessionCookie = "mogplex_session"
	sessionTTL    = 7 * 24 * time.Hour
)

// session is a browser that someone signed in with.
type session struct {
	account *Account
	expires time.Time
}

// signedIn returns whose browser sent r, or nil.
func (s *Server) signedIn(r *http.Request) *Account {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if session, ok := s.sessions[cookie.Value]; ok && s.cfg.Now().Before(session.expires) {
		return session.account
	}
	return nil
}

// loginView is what login.html shows.
type loginView struct {
	Action   string // where the form goes: this address, its query included
	Program  bool   // a program asks, so that there is something to cancel
	Scopes   []string
	Accounts []Account
	Email    string // as typed before
	Wrong    bool   // what was typed before was not right
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	if s.signedIn(r) != nil {
		http.Redirect(w, r, afterLogin(r.URL.Query()), http.StatusFound)
		return
	}
	s.renderLogin(w, r, http.StatusOK, loginView{})
}

func (s *Server) renderLogin(w http.ResponseWriter, r *http.Request, status int, view loginView) {
	query := r.URL.Query()
	view.Action = "/login?" + query.Encode()
	view.Program = fromAuthorize(query)
	view.Scopes = strings.Fields(query.Get("scope"))
	view.Accounts = s.cfg.Accounts
	s.render(w, r, status, "login.html", "Sign in", view)
}

// submitLogin takes email and password, or as=EMAIL from a demo button, or cancel=1.
func (s *Server) submitLogin(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.PostFormValue("cancel") != "" {
		s.cancelLogin(w, r, query)
		return
	}
	account, ok := s.account(r.PostFormValue("as"))
	if !ok {
		email := strings.TrimSpace(r.PostFormValue("email"))
		account, ok = s.account(email)
		if !ok || account.Password == "" || !sameString(r.PostFormValue("password"), account.Password) {
			s.renderLogin(w, r, http.StatusUnauthorized, loginView{Email: email, Wrong: true})
			return
		}
	}
	id := random62(32)
	s.mu.Lock()
	s.sessions[id] = session{account: account, expires: s.cfg.Now().Add(sessionTTL)}
	s.mu.Unlock()
	s.setSession(w, r, id, int(sessionTTL/time.Second))
	http.Redirect(w, r, afterLogin(query), http.StatusSeeOther)
}

func (s *Server) cancelLogin(w http.ResponseWriter, r *http.Request, query url.Values) {
	refused := s.checkClient(query)
	if refused == nil {
		refused = &refusal{Code: "access_denied", Description: "The sign-in was cancelled."}
	}
	s.refuse(w, r, query, refused)
}

func (s *Server) submitLogout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		delete(s.sessions, cookie.Value)
		s.mu.Unlock()
	}
	s.setSession(w, r, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Server) setSession(w http.ResponseWriter, r *http.Request, id string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: id, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.origin(r), "https:"),
	})
}

// afterLogin is where a person goes on: to the authorize request that sent them, less
// its nonce, which the login page loses; to the page that did; or home. It is always an
// address of this service.
func afterLogin(query url.Values) string {
	if fromAuthorize(query) {
		query.Del("nonce")
		return AuthorizePath + "?" + query.Encode()
	}
	next, err := url.Parse(query.Get("next"))
	if err != nil || !slices.Contains([]string{"/device", "/settings/api-keys"}, next.Path) {
		return "/"
	}
	return next.Path + "?" + next.Query().Encode()
}

func fromAuthorize(query url.Values) bool {
	return query.Has("client_id") || query.Has("redirect_uri") || query.Has("response_type")
}
