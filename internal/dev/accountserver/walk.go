package accountserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
)

// Cancel takes the place of an account's email for a person who presses Cancel.
const Cancel = "cancel"

// Page is the last page of a sign-in.
type Page struct {
	URL    *url.URL
	Status int
	Body   string // the first MiB
}

// WalkSignIn opens an authorize address as a browser does, presses the login page's
// button of an account (its email, or Cancel), and returns the page that the program
// shows at its callback. It waits as long as that program does, so most callers run it
// in a goroutine. Each call is a new browser, without cookies.
func WalkSignIn(ctx context.Context, address, who string) (Page, error) {
	return walk(ctx, newBrowser(), address, who)
}

// WalkToCallback is WalkSignIn for a browser that can't reach the program: it returns
// the callback's address, which the person would paste, and does not open it.
func WalkToCallback(ctx context.Context, address, who string) (callback *url.URL, err error) {
	browser := newBrowser()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/auth/callback" {
			callback = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	if _, err = walk(ctx, browser, address, who); err == nil && callback == nil {
		err = errors.New("sign in: the service did not redirect to the callback")
	}
	return callback, err
}

func newBrowser() *http.Client {
	jar, _ := cookiejar.New(nil) // never fails
	return &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
}

func walk(ctx context.Context, browser *http.Client, address, who string) (Page, error) {
	login, err := visit(ctx, browser, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, fmt.Errorf("open the authorize address: %w", err)
	}
	if login.URL.Path != "/login" {
		return login, fmt.Errorf("open the authorize address: got status %d and no login page", login.Status)
	}
	form := url.Values{"as": {who}}
	if who == Cancel {
		form = url.Values{"cancel": {"1"}}
	}
	page, err := visit(ctx, browser, http.MethodPost, login.URL.String(), form)
	if err != nil {
		return Page{}, fmt.Errorf("sign in: %w", err)
	}
	return page, nil
}

func visit(ctx context.Context, browser *http.Client, method, address string, form url.Values) (Page, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return Page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(r)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return Page{}, wrapped.Err // without the address, which can hold a code
	}
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return Page{URL: response.Request.URL, Status: response.StatusCode, Body: string(body)}, err
}

// AuthorizeURL returns the authorize address that `mogplex login` printed on a line of
// its own, or "" if printed holds no such line yet.
func AuthorizeURL(printed string) string {
	for line := range strings.Lines(printed) {
		address := strings.TrimRight(line, "\r\n")
		if address != line && strings.HasPrefix(address, "http") && strings.Contains(address, "/authorize?") {
			return address
		}
	}
	return ""
}

// Screen is the stderr of a `mogplex login` that a person watches. It calls Act once,
// with the text so far, when the login has printed its instructions; the login's output
// waits until Act returns. String may be called at any time.
type Screen struct {
	Act func(printed string)

	mu    sync.Mutex
	text  strings.Builder
	acted bool
}

func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.text.Write(p)
	printed := s.text.String()
	act := !s.acted && strings.Contains(printed, "Ctrl-C") // the end of the instructions
	s.acted = s.acted || act
	s.mu.Unlock()
	if act {
		s.Act(printed)
	}
	return len(p), nil
}

// String returns the output so far.
func (s *Screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
