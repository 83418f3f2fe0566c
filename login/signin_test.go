package login

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSignIn(t *testing.T) {
	s := newService(t)
	r := start(t, s.client(), Flow{})
	q := queryOf(t, r.prompt.URL)
	if len(r.state) != 43 || q.Get("client_id") != "mogplex-cli" || q.Get("redirect_uri") != r.prompt.RedirectURL ||
		q.Get("scope") != "openid profile email offline_access read write" || q.Get("response_type") != "code" {
		t.Errorf("authorization request %v", q)
	}
	status, body, final := visit(t, r.callback("code="+markCode+"&state=STATE"))
	g, err := r.end()
	if err != nil {
		t.Fatal(err)
	}
	if status != 200 || final.RawQuery != "" || !strings.HasPrefix(final.Path, "/auth/done/") {
		t.Errorf("the browser ended at %d %v", status, final)
	}
	for _, want := range []string{"Signed in", "Ada (ada@example.test)", "in the keychain (test)"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if g.Token.AccessToken != markAccess || g.Token.RefreshToken != markRefresh || g.Issuer != s.URL ||
		!reflect.DeepEqual(g.Scopes, []string{"openid", "read"}) || g.Identity != (Identity{"u1", "ada@example.test", "Ada"}) {
		t.Errorf("wrong grant")
	}
	forms := s.requests()
	if len(forms) != 1 || len(r.saved) != 1 {
		t.Fatalf("%d exchanges, %d saves", len(forms), len(r.saved))
	}
	checkPKCE(t, forms[0], r.prompt.URL)
	if forms[0].Get("client_id") != "mogplex-cli" || forms[0].Get("redirect_uri") != r.prompt.RedirectURL {
		t.Errorf("token request lacks client_id or redirect_uri")
	}
}

// The browser gets its page after the credential is stored.
func TestPageComesAfterSave(t *testing.T) {
	s := newService(t)
	saving, release := make(chan struct{}), make(chan struct{})
	r := start(t, s.client(), Flow{Save: func(context.Context, *Grant) (string, error) {
		close(saving)
		<-release
		return "", nil
	}})
	page := make(chan string)
	go func() {
		_, body, _ := visit(t, r.callback("code=c&state=STATE"))
		page <- body
	}()
	<-saving
	select {
	case <-page:
		t.Fatal("the page came before the credential was stored")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if body := <-page; !strings.Contains(body, "You are signed in") {
		t.Errorf("page: %s", body)
	}
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
}

func TestSaveFails(t *testing.T) {
	s := newService(t)
	full := errors.New("disk full")
	r := start(t, s.client(), Flow{Save: func(context.Context, *Grant) (string, error) { return "", full }})
	_, body, _ := visit(t, r.callback("code=c&state=STATE"))
	g, err := r.end()
	if !errors.Is(err, ErrSave) || !errors.Is(err, full) {
		t.Fatalf("err = %v", err)
	}
	if g == nil || g.Token.RefreshToken != markRefresh {
		t.Error("the only copy of the credential was dropped")
	}
	if !strings.Contains(body, "not stored") || strings.Contains(body, "You are signed in") {
		t.Errorf("page: %s", body)
	}
}

func TestExchangeFails(t *testing.T) {
	s := newService(t)
	s.token = answerWith(401, `{"error":"invalid_grant","error_description":"code `+markCode+` is used"}`)
	r := start(t, s.client(), Flow{})
	_, body, final := visit(t, r.callback("code="+markCode+"&state=STATE"))
	_, err := r.end()
	if !errors.Is(err, ErrInvalidGrant) || len(r.saved) != 0 {
		t.Fatalf("err = %v", err)
	}
	checkNoSecret(t, err)
	if !strings.Contains(body, "Not signed in") || strings.Contains(body+final.String(), "MARK-") {
		t.Errorf("page: %s", body)
	}
}

func TestCancelDuringWait(t *testing.T) {
	r := start(t, newService(t).client(), Flow{Timeout: time.Hour})
	r.cancel()
	if _, err := r.end(); !errors.Is(err, context.Canceled) { // at once, not after an hour
		t.Fatalf("err = %v", err)
	}
}

func TestCancelDuringExchange(t *testing.T) {
	s := newService(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	s.token = func(http.ResponseWriter, *http.Request) { close(arrived); <-release }
	defer close(release)
	r := start(t, s.client(), Flow{})
	conn, err := net.Dial("tcp4", strings.TrimSuffix(strings.TrimPrefix(r.prompt.RedirectURL, "http://"), callbackPath))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte("GET " + callbackPath + "?code=c&state=" + r.state + " HTTP/1.1\r\nHost: " + conn.RemoteAddr().String() + "\r\n\r\n"))
	<-arrived
	r.cancel()
	if _, err := r.end(); !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
}

func TestTimeout(t *testing.T) {
	r := start(t, newService(t).client(), Flow{Timeout: 50 * time.Millisecond})
	if _, err := r.end(); !errors.Is(err, ErrTimeout) {
		t.Fatalf("err = %v", err)
	}
}

func TestRefusalWithStateEndsAtOnce(t *testing.T) {
	r := start(t, newService(t).client(), Flow{})
	_, body, _ := visit(t, r.callback("error=access_denied&state=STATE"))
	var e *Error
	if _, err := r.end(); !errors.As(err, &e) || e.Kind != ErrRefused || e.Code != "access_denied" {
		t.Fatalf("err = %v", err)
	}
	if !strings.Contains(body, "Access was denied") {
		t.Errorf("page: %s", body)
	}
}

// An error without state is shown at once, and ends the sign-in after the grace.
func TestRefusalWithoutState(t *testing.T) {
	r, answers := whileItWaits(t, func(wait time.Duration) Flow { return Flow{grace: wait} },
		"error=access_denied&error_description=No+%1b%5B31mway%3Cb%3E", "error=other")
	if body := answers[0]; !strings.HasPrefix(body, "400 ") || !strings.Contains(body, "Not signed in") || !strings.Contains(body, "No way&lt;b&gt;") {
		t.Errorf("page: %s", body)
	}
	var e *Error
	if _, err := r.end(); !errors.As(err, &e) || e.Kind != ErrRefused || e.Code != "access_denied" {
		t.Fatalf("err = %v", err)
	}
	if notes := r.noted(); strings.Count(notes, "access_denied") != 1 || strings.ContainsAny(notes, "\x1b\n") {
		t.Errorf("notices: %q", notes)
	}
}

// SignIn calls Deadline if the refusal shortens the wait, not if the time limit
// comes first.
func TestRefusalShortensTheWait(t *testing.T) {
	for limit, shorter := range map[time.Duration]bool{5 * time.Minute: true, 20 * time.Second: false} {
		deadlines := make(chan time.Time, 2)
		r := start(t, newService(t).client(), Flow{Timeout: limit, Deadline: func(until time.Time) { deadlines <- until }})
		began := time.Now()
		_, body, _ := visit(t, r.callback("error=access_denied"))
		visit(t, r.callback("error=access_denied"))
		if !strings.Contains(body, "The terminal waits a little longer") || strings.Contains(body, "minute") {
			t.Errorf("page: %s", body)
		}
		for r.noted() == "" {
			runtime.Gosched()
		}
		visit(t, r.callback("code=c&state=STATE"))
		if _, err := r.end(); err != nil {
			t.Fatal(err)
		}
		close(deadlines)
		until, ok := <-deadlines
		if ok != shorter || ok && (until.Before(began.Add(strayGrace)) || until.After(time.Now().Add(strayGrace))) {
			t.Errorf("limit %v: reported %v, until %v", limit, ok, until)
		}
	}
}

func TestValidCallbackWinsDuringGrace(t *testing.T) {
	r := start(t, newService(t).client(), Flow{})
	visit(t, r.callback("error=access_denied"))
	visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
}

func TestTimeLimitDuringGraceReturnsTheRefusal(t *testing.T) {
	t.Parallel()
	r, _ := whileItWaits(t, func(wait time.Duration) Flow { return Flow{Timeout: wait} }, "error=server_error")
	if _, err := r.end(); !errors.Is(err, ErrRefused) {
		t.Fatalf("err = %v", err)
	}
}

// Of many valid callbacks, one code is exchanged, and all browsers get the same page.
func TestConcurrentCallbacks(t *testing.T) {
	const browsers = 8
	s := newService(t)
	s.token = func(w http.ResponseWriter, _ *http.Request) {
		for end := time.Now().Add(time.Minute); goroutinesIn("callbackServer).await(") < browsers && time.Now().Before(end); {
			time.Sleep(time.Millisecond) // let the others arrive
		}
		writeJSON(w, 200, goodAnswer())
	}
	r := start(t, s.client(), Flow{})
	var wg sync.WaitGroup
	for range browsers {
		wg.Go(func() {
			_, body, _, err := tryVisit(r.callback("code=c&state=STATE"))
			if err != nil || !strings.Contains(body, "You are signed in") {
				t.Errorf("page: %s, %v", body, err)
			}
		})
	}
	_, err := r.end()
	wg.Wait()
	if n := len(s.requests()); err != nil || n != 1 || len(r.saved) != 1 {
		t.Fatalf("%d exchanges, %d saves, err %v", n, len(r.saved), err)
	}
}

// goroutinesIn returns the number of goroutines in a function.
func goroutinesIn(function string) int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte(function))
}

func TestPortTaken(t *testing.T) {
	s := newService(t)
	squatter, port := squat(t)
	defer func() { _ = squatter.Close() }()
	r := start(t, s.client(), Flow{Ports: []int{port, 0}})
	if strings.Contains(r.prompt.RedirectURL, ":"+strconv.Itoa(port)) || !r.prompt.Listening {
		t.Errorf("redirect %s", r.prompt.RedirectURL)
	}
	visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
}

func TestNoPort(t *testing.T) {
	s := newService(t)
	squatter, port := squat(t)
	defer func() { _ = squatter.Close() }()
	ports := []int{port, port}

	_, err := start(t, s.client(), Flow{Ports: ports}).end()
	if !errors.Is(err, ErrNoPort) || !strings.Contains(err.Error(), strconv.Itoa(port)) {
		t.Fatalf("err = %v", err)
	}
	pasted := make(chan string, 1)
	r := start(t, s.client(), Flow{Ports: ports, Pasted: pasted})
	if r.prompt.Listening || !strings.Contains(r.prompt.RedirectURL, strconv.Itoa(port)) {
		t.Errorf("prompt %+v", r.prompt)
	}
	pasted <- r.callback("code=c&state=STATE")
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan string)
	close(closed)
	if _, err := start(t, s.client(), Flow{Ports: ports, Pasted: closed}).end(); !errors.Is(err, ErrNoPort) {
		t.Fatalf("pasting has ended: err = %v", err)
	}
}

func TestDefaultPorts(t *testing.T) {
	if got := (Flow{}).withDefaults().Ports; !slices.Equal(got, []int{24816, 24818}) {
		t.Error(got)
	}
}
