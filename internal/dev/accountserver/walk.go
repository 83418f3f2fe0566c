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
)

// Page is where WalkSignIn ended: the last answer, its redirects followed.
type Page struct {
	URL    *url.URL
	Status int
	Body   string // 1 MiB of it at most
}

// WalkSignIn does what a person with a browser does: it opens an authorize address,
// signs in by the login page's button for email, and follows the redirects to the
// program's callback, whose page it returns. A program that answers only once it has
// its tokens keeps it waiting as long, so it is often run in a goroutine. Nothing of
// it is left behind: each call is a browser of its own.
func WalkSignIn(ctx context.Context, authorizeURL, email string) (Page, error) {
	return walk(ctx, authorizeURL, url.Values{"as": {email}})
}

// WalkCancel is WalkSignIn for a person who presses Cancel.
func WalkCancel(ctx context.Context, authorizeURL string) (Page, error) {
	return walk(ctx, authorizeURL, url.Values{"cancel": {"1"}})
}

// WalkToCallback is WalkSignIn for a person whose browser can't reach the program: it
// returns the address of the callback, which it does not open.
func WalkToCallback(ctx context.Context, authorizeURL, email string) (callback *url.URL, err error) {
	browser := newBrowser()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/auth/callback" {
			callback = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	if _, err = browse(ctx, browser, authorizeURL, url.Values{"as": {email}}); err == nil && callback == nil {
		err = errors.New("sign in: the service did not redirect to the callback")
	}
	return callback, err
}

func walk(ctx context.Context, authorizeURL string, form url.Values) (Page, error) {
	return browse(ctx, newBrowser(), authorizeURL, form)
}

func newBrowser() *http.Client {
	jar, _ := cookiejar.New(nil) // its options alone can be wrong
	return &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
}

func browse(ctx context.Context, browser *http.Client, authorizeURL string, form url.Values) (Page, error) {
	login, err := visit(ctx, browser, http.MethodGet, authorizeURL, nil)
	if err != nil {
		return Page{}, fmt.Errorf("open the authorize address: %w", plain(err))
	}
	if login.URL.Path != "/login" {
		return login, fmt.Errorf("open the authorize address: got status %d and no login page", login.Status)
	}
	page, err := visit(ctx, browser, http.MethodPost, login.URL.String(), form)
	if err != nil {
		return Page{}, fmt.Errorf("sign in: %w", plain(err))
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
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return Page{URL: response.Request.URL, Status: response.StatusCode, Body: string(body)}, err
}

// plain takes the address, which can hold a code, out of a client's error.
func plain(err error) error {
	if wrapped, ok := err.(*url.Error); ok {
		return wrapped.Err
	}
	return err
}
