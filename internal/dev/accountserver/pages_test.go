package accountserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestPublicPages(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	tests := map[string]string{
		"/":                  "MOGPLEX_URL=" + w.origin + " MOGPLEX_DEV=1 mogplex login",
		"/login":             "Sign in as Grace Hopper",
		"/web/models":        "$15.00",
		"/plans-and-billing": "Plans &amp; billing",
		"/settings/api-keys": "mogplex login --with-token",
		"/device":            "does not offer sign-in by code",
	}
	outside := regexp.MustCompile(`(src|href)="(https?:)?//`)
	for path, part := range tests {
		a := w.get(path)
		if a.StatusCode != http.StatusOK || !strings.Contains(a.body, part) {
			t.Errorf("%s: status %d, or without %q", path, a.StatusCode, part)
		}
		if outside.MatchString(a.body) || strings.Contains(a.body, "<script") {
			t.Errorf("%s: is not self-contained", path)
		}
		if strings.Contains(a.body, "%!") {
			t.Errorf("%s: shows a value that could not be formatted", path)
		}
		policy := a.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'") || !strings.Contains(policy, "form-action 'self' http://127.0.0.1:24816 ") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	if a := w.get("/style.css"); a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style sheet: status %d, %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	if a := w.get("/nowhere"); a.StatusCode != http.StatusNotFound {
		t.Errorf("no page: status %d", a.StatusCode)
	}
}

func TestAPersonMakesATokenThatIsShownOnce(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	const path = "/settings/api-keys"
	login := w.form(path).location(t)
	if login.Path != "/login" {
		t.Fatalf("signed out: sent to %s", login)
	}
	if back := w.form(login.RequestURI(), "as", ada).location(t); back.Path != path {
		t.Errorf("signing in led to %s", back)
	}
	token := regexp.MustCompile(`mog_[0-9A-Za-z]{32}`)
	made := token.FindString(w.form(path).body)
	if !w.Valid(made) {
		t.Error("no token that works was shown")
	}
	if token.MatchString(w.get(path).body) {
		t.Error("the token was shown twice")
	}
}

func TestAccountNamesAreEscaped(t *testing.T) {
	w := newWorld(t, accountserver.Config{Accounts: []accountserver.Account{{Email: "m@example.test", Name: "<script>x</script>\x1b[31m"}}})
	w.signIn("m@example.test")
	if strings.Contains(w.get("/").body, "<script>") {
		t.Error("a name became a script")
	}
	if a := w.form("/login", "email", "m@example.test", "password", ""); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an account without a password, by password: status %d", a.StatusCode)
	}
}

func FuzzLoginLeadsNowhereElse(f *testing.F) {
	for _, next := range []string{"//evil.example", "https://evil.example", "/device?user_code=A", `/\evil.example`, "/device\r\nX: y", "/device?\x00", "/settings/api-keys"} {
		f.Add("next=" + url.QueryEscape(next))
	}
	f.Add("redirect_uri=https://evil.example")
	f.Add("%zz&client_id=;")
	service := accountserver.New(accountserver.Config{})
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("as="+url.QueryEscape(ada)))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		to, err := w.Result().Location()
		if err != nil {
			t.Fatalf("status %d: %v", w.Code, err)
		}
		if to.Host != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "//") || strings.Contains(to.Path, `\`) {
			t.Errorf("led to %q", to)
		}
	})
}
