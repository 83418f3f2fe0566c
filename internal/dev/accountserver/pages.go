package accountserver

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"sync"
)

//go:embed web
var web embed.FS

// templates parses every page with the shared layout, once.
var templates = sync.OnceValue(func() map[string]*template.Template {
	layout := template.Must(template.ParseFS(web, "web/layout.html"))
	pages := make(map[string]*template.Template)
	for _, name := range []string{"home", "login", "refused", "models", "plans", "tokens", "device"} {
		page := template.Must(layout.Clone())
		pages[name+".html"] = template.Must(page.ParseFS(web, "web/"+name+".html"))
	}
	return pages
})

// routePages adds what people see. Forms are taken from the service's own pages and
// from programs, not from other sites.
func (s *Server) routePages() {
	s.mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, web, "web/style.css")
	})
	s.mux.HandleFunc("GET /{$}", s.showHome)
	s.mux.HandleFunc("GET /web/models", s.showModels)
	s.mux.HandleFunc("GET /plans-and-billing", s.showPlans)
	s.mux.HandleFunc("GET /login", s.showLogin)
	s.mux.HandleFunc("GET /device", s.showDevice)
	s.mux.HandleFunc("GET /settings/api-keys", s.showTokens)
	guard := http.NewCrossOriginProtection()
	for path, submit := range map[string]http.HandlerFunc{
		"/login": s.submitLogin, "/logout": s.submitLogout,
		"/device": s.submitDevice, "/settings/api-keys": s.submitTokens,
	} {
		s.mux.Handle("POST "+path, guard.Handler(submit))
	}
}

// layoutView is what layout.html shows around a page.
type layoutView struct {
	Title, Path string
	Account     *Account
	Page        any // the page's own view
}

// render answers with a page. It is written as a whole, or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name, title string, page any) {
	var body bytes.Buffer
	view := layoutView{Title: title, Path: r.URL.Path, Account: s.signedIn(r), Page: page}
	if err := templates()[name].ExecuteTemplate(&body, "layout.html", view); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", s.contentSecurityPolicy())
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// contentSecurityPolicy names the callback addresses because browsers hold a form's
// redirects to form-action, and the login form ends at one of them.
func (s *Server) contentSecurityPolicy() string {
	targets := "'self'"
	for _, address := range s.cfg.RedirectURIs {
		if u, err := url.Parse(address); err == nil {
			targets += " " + u.Scheme + "://" + u.Host
		}
	}
	return "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action " + targets
}

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "home.html", "Development account service", s.origin(r))
}

// modelRow is a line of models.html; what is not known is empty.
type modelRow struct {
	Name, ID               string
	Capabilities           []string
	Context, Input, Output string
}

// format writes what value points to, or nothing.
func format[T any](verb string, value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprintf(verb, *value)
}

func (s *Server) showModels(w http.ResponseWriter, r *http.Request) {
	var rows []modelRow
	for _, m := range s.models() {
		rows = append(rows, modelRow{m.Name, m.ID, m.Capabilities,
			format("%d", m.ContextLength), format("$%.2f", m.Pricing.Input), format("$%.2f", m.Pricing.Output)})
	}
	s.render(w, r, http.StatusOK, "models.html", "Available models", rows)
}

func (s *Server) showPlans(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "plans.html", "Plans & billing", s.cfg.Accounts)
}

// tokensView is what tokens.html shows.
type tokensView struct {
	Origin string
	Count  int    // how many the person has
	New    string // the one just made, shown this once
}

func (s *Server) showTokens(w http.ResponseWriter, r *http.Request) {
	s.renderTokens(w, r, "")
}

func (s *Server) submitTokens(w http.ResponseWriter, r *http.Request) {
	account := s.signedIn(r)
	if account == nil {
		s.toLogin(w, r)
		return
	}
	s.renderTokens(w, r, s.IssuePAT(account.Email))
}

func (s *Server) renderTokens(w http.ResponseWriter, r *http.Request, made string) {
	view := tokensView{Origin: s.origin(r), New: made}
	if account := s.signedIn(r); account != nil {
		s.mu.Lock()
		for _, p := range s.pats {
			if p.account == account {
				view.Count++
			}
		}
		s.mu.Unlock()
	}
	s.render(w, r, http.StatusOK, "tokens.html", "Personal access tokens", view)
}
