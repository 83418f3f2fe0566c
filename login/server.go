package login

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

const (
	headerReadTimeout = 5 * time.Second
	pageWriteTimeout  = 5 * time.Second
	maxRequestHeader  = 16 << 10
	lingerTimeout     = 2 * time.Second
	shutdownTimeout   = 500 * time.Millisecond
	foreignPath       = "/auth/other-sign-in"
)

// callbackServer receives the browser on the loopback. It does not decide the
// sign-in: requests with the right state go to answers, one at a time, and wait
// until finish has the result.
type callbackServer struct {
	expect   expectation
	host     string // 127.0.0.1:port
	alias    string // localhost:port
	donePath string // unguessable: other users of this machine can send requests too

	answers  chan answer
	refusals chan *Error // holds the first error without state; others are dropped

	done     chan struct{} // closed by finish, after result is set
	result   page
	pending  atomic.Int32  // requests that wait for the result
	answered chan struct{} // closed when pending is 0 after finish
	once     sync.Once

	http   *http.Server
	served chan struct{} // closed when the accept loop ended
}

type connKey struct{}

// serve starts a callbackServer on ln, which allows a request that time for its
// headers. finish ends it.
func serve(ln net.Listener, port int, expect expectation, headers time.Duration) *callbackServer {
	s := &callbackServer{
		expect:   expect,
		host:     loopbackAddress(port),
		alias:    net.JoinHostPort("localhost", strconv.Itoa(port)),
		donePath: "/auth/done/" + oauth2.GenerateVerifier(),
		answers:  make(chan answer),
		refusals: make(chan *Error, 1),
		done:     make(chan struct{}),
		answered: make(chan struct{}),
		served:   make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:                      s,
		ReadHeaderTimeout:            headers,
		MaxHeaderBytes:               maxRequestHeader,
		ErrorLog:                     log.New(io.Discard, "", 0), // it quotes requests
		DisableGeneralOptionsHandler: true,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
	}
	s.http.SetKeepAlivesEnabled(false)
	go func() {
		defer close(s.served)
		_ = s.http.Serve(ln)
	}()
	return s
}

// finish answers every waiting request with the result, and closes the server.
// Browsers have two seconds, or until ctx ends, to fetch the page.
func (s *callbackServer) finish(ctx context.Context, result page) {
	s.result = result
	close(s.done)
	if s.pending.Load() > 0 {
		timer := time.NewTimer(lingerTimeout)
		defer timer.Stop()
		select {
		case <-s.answered:
		case <-timer.C:
		case <-ctx.Done():
		}
		ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
		defer cancel()
		_ = s.http.Shutdown(ctx)
	}
	_ = s.http.Close()
	<-s.served
}

// ServeHTTP serves GET /auth/callback on a loopback Host, and the pages that it
// redirects to so that no code stays in the address bar or the history.
func (s *callbackServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	switch {
	case r.Host != s.host && r.Host != s.alias: // DNS rebinding
		writePage(w, http.StatusMisdirectedRequest, pageNotHere)
	case path != callbackPath && path != s.donePath && path != foreignPath:
		writePage(w, http.StatusNotFound, pageNotHere)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		writePage(w, http.StatusMethodNotAllowed, pageNotHere)
	case embedded(r):
		writePage(w, http.StatusForbidden, pageNotHere)
	case path == foreignPath:
		writePage(w, http.StatusBadRequest, pageForeign)
	case path == s.donePath:
		keepOpen(r)
		s.showResult(w)
	default:
		s.callback(w, r)
	}
}

// embedded reports whether a page embeds the request, as an image, a frame or a
// script, instead of a person navigating to it. It is false for a browser that
// does not send Sec-Fetch-Dest.
func embedded(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return dest != "" && dest != "document"
}

func (s *callbackServer) callback(w http.ResponseWriter, r *http.Request) {
	if s.finished() {
		writePage(w, http.StatusConflict, pageFinished)
		return
	}
	a, v := s.expect.parse(r.URL.RawQuery)
	switch v {
	case malformed:
		writePage(w, http.StatusBadRequest, pageNotHere)
	case foreign, unbound:
		redirect(w, foreignPath)
	case strayRefusal:
		select {
		case s.refusals <- a.refusal:
		default:
		}
		writePage(w, http.StatusBadRequest, strayPage(a.refusal))
	case answered:
		s.await(w, r, a)
	}
}

// await passes a on and answers when the sign-in is decided, by this request or
// by an earlier one.
func (s *callbackServer) await(w http.ResponseWriter, r *http.Request, a answer) {
	keepOpen(r)
	s.pending.Add(1)
	select {
	case s.answers <- a:
	case <-s.done:
	case <-r.Context().Done():
	}
	select {
	case <-s.done:
		redirect(w, s.donePath)
	case <-r.Context().Done():
		s.settle()
	}
}

// keepOpen exempts the connection of a request from eviction: only this sign-in's
// browser knows the state, and the address of the result.
func keepOpen(r *http.Request) {
	if c, ok := r.Context().Value(connKey{}).(*trackedConn); ok {
		c.keep.Store(true)
	}
}

func (s *callbackServer) showResult(w http.ResponseWriter) {
	if !s.finished() {
		writePage(w, http.StatusNotFound, pageNotHere)
		return
	}
	writePage(w, http.StatusOK, s.result)
	s.settle()
}

// settle counts a request that got its page or ended without one.
func (s *callbackServer) settle() {
	if s.pending.Add(-1) <= 0 && s.finished() {
		s.once.Do(func() { close(s.answered) })
	}
}

func (s *callbackServer) finished() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
