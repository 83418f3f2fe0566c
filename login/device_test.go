package login

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// script answers requests from a list, in a bubble of synctest.
type script struct {
	answers []string // status 200 for one with a token, else 400
	at      []time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.at = append(s.at, time.Now())
	body := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	status := 400
	switch {
	case body == "lost":
		return nil, io.ErrUnexpectedEOF
	case strings.Contains(body, "_code") || strings.Contains(body, "access_token"):
		status = 200
	case strings.HasPrefix(body, "<"):
		status = 502
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: req, Body: io.NopCloser(bytes.NewBufferString(body))}, nil
}

// poll runs a device grant against a script; gaps are the seconds between polls.
func poll(t *testing.T, answers ...string) (gaps []int, g *Grant, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		transport := &script{answers: answers}
		client := &Client{Origin: "https://a.test", HTTP: &http.Client{Transport: transport}}
		s, serviceErr := client.service(opSignIn)
		if serviceErr != nil {
			t.Fatal(serviceErr)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		cfg := s.config(endpoints{token: "https://a.test/t", device: "https://a.test/d"}, "")
		auth, authErr := s.requestDevice(ctx, cfg, deviceStartTimeout)
		if authErr != nil {
			err = authErr
			return
		}
		g, err = s.pollDevice(ctx, cfg, auth)
		for i := 1; i < len(transport.at); i++ {
			gaps = append(gaps, int(transport.at[i].Sub(transport.at[i-1]).Round(time.Second)/time.Second))
		}
	})
	return gaps, g, err
}

func deviceAnswer(more string) string {
	return `{"device_code":"MARK-device","user_code":"ABCD-EFGH","verification_uri":"https://a.test/device"` + more + `}`
}

const (
	pending = `{"error":"authorization_pending"}`
	token   = `{"access_token":"a","refresh_token":"r"}`
)

func TestDevicePolling(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		gaps    []int
		want    error
		code    string
	}{
		{"granted", []string{deviceAnswer(`,"interval":2`), pending, token}, []int{2, 2}, nil, ""},
		{"interval as text", []string{deviceAnswer(`,"interval":"3"`), token}, []int{3}, nil, ""},
		{"no interval", []string{deviceAnswer(``), token}, []int{5}, nil, ""},
		{"negative interval", []string{deviceAnswer(`,"interval":-1`), token}, []int{5}, nil, ""},
		{"endless interval", []string{deviceAnswer(`,"interval":1e300`), token}, []int{300}, nil, ""},
		{"slow down", []string{deviceAnswer(`,"interval":1`), `{"error":"slow_down"}`, pending, token}, []int{1, 6, 6}, nil, ""},
		{"connection lost", []string{deviceAnswer(`,"interval":1`), "lost", token}, []int{1, 6}, nil, ""},
		{"bad gateway", []string{deviceAnswer(`,"interval":1`), "<html>", "<html>", token}, []int{1, 6, 11}, nil, ""},
		{"denied", []string{deviceAnswer(`,"interval":1`), `{"error":"access_denied"}`}, []int{1}, ErrRefused, "access_denied"},
		{"expired", []string{deviceAnswer(`,"interval":1`), `{"error":"expired_token"}`}, []int{1}, ErrTimeout, "expired_token"},
		{"never decided", []string{deviceAnswer(`,"interval":4,"expires_in":"10"`), pending}, []int{4, 4}, ErrTimeout, "expired_token"},
		{"refused", []string{`{"error":"invalid_scope"}`}, nil, ErrRefused, "invalid_scope"},
		{"no user code", []string{`{"device_code":"x","verification_uri":"https://a.test/"}`}, nil, ErrBadAnswer, ""},
		{"unsafe address", []string{strings.Replace(deviceAnswer(``), "https:", "javascript:", 1)}, nil, ErrBadAnswer, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			gaps, g, err := poll(t, c.answers...)
			var e *Error
			if errors.As(err, &e) && e.Code != c.code || !errors.Is(err, c.want) || (g == nil) != (c.want != nil) {
				t.Fatalf("err = %v", err)
			}
			if len(gaps) != len(c.gaps) {
				t.Fatalf("gaps %v, want %v", gaps, c.gaps)
			}
			for i := range gaps {
				if gaps[i] != c.gaps[i] {
					t.Fatalf("gaps %v, want %v", gaps, c.gaps)
				}
			}
			if err != nil {
				checkNoSecret(t, err)
			}
		})
	}
}

// deviceService offers the device grant; decide answers the polls.
func deviceService(t *testing.T, decide string) *fakeService {
	s := newService(t)
	s.metadata["device_authorization_endpoint"] = s.URL + "/device"
	s.mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Replace(deviceAnswer(`,"interval":1,"expires_in":600`), "https://a.test", s.URL, 1))
	})
	callback := s.token
	s.token = func(w http.ResponseWriter, r *http.Request) {
		if r.PostForm.Get("grant_type") == "authorization_code" {
			callback(w, r)
			return
		}
		if !strings.Contains(decide, "access_token") {
			w.WriteHeader(400)
		}
		_, _ = io.WriteString(w, decide)
	}
	return s
}

func TestDeviceDuringSignIn(t *testing.T) {
	t.Parallel()
	t.Run("the device wins", func(t *testing.T) {
		t.Parallel()
		r := start(t, deviceService(t, token).client(), Flow{})
		if p := r.prompt.Device; p == nil || p.UserCode != "ABCD-EFGH" || !strings.HasSuffix(p.VerificationURL, "/device") || p.Expiry.IsZero() {
			t.Errorf("prompt %+v", p)
		}
		if g, err := r.end(); err != nil || g.Token.AccessToken != "a" || len(r.saved) != 1 {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("the browser wins", func(t *testing.T) {
		t.Parallel()
		r := start(t, deviceService(t, pending).client(), Flow{})
		visit(t, r.callback("code=c&state=STATE"))
		if g, err := r.end(); err != nil || g.Token.AccessToken != markAccess {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("denied on the device", func(t *testing.T) {
		t.Parallel()
		if _, err := start(t, deviceService(t, `{"error":"access_denied"}`).client(), Flow{}).end(); !errors.Is(err, ErrRefused) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("the device code expires", func(t *testing.T) {
		t.Parallel()
		s := deviceService(t, `{"error":"expired_token"}`)
		r := start(t, s.client(), Flow{})
		for len(s.requests()) == 0 || r.noted() == "" {
			time.Sleep(5 * time.Millisecond)
		}
		visit(t, r.callback("code=c&state=STATE"))
		if _, err := r.end(); err != nil {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("not offered", func(t *testing.T) {
		t.Parallel()
		r := start(t, newService(t).client(), Flow{})
		if r.prompt.Device != nil {
			t.Error("a device prompt")
		}
		r.cancel()
		_, _ = r.end()
		if _, err := start(t, newService(t).client(), Flow{RequireDevice: true}).end(); !errors.Is(err, ErrNoDevice) {
			t.Errorf("required: err = %v", err)
		}
	})
	t.Run("out of order", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		s.metadata["device_authorization_endpoint"] = s.URL + "/device"
		s.mux.HandleFunc("POST /device", answerWith(503, ""))
		r := start(t, s.client(), Flow{})
		if r.prompt.Device != nil || !strings.Contains(r.noted(), "another device is not possible now") {
			t.Errorf("prompt %+v, notices %s", r.prompt.Device, r.noted())
		}
		visit(t, r.callback("code=c&state=STATE"))
		if _, err := r.end(); err != nil {
			t.Errorf("err = %v", err)
		}
		if _, err := start(t, s.client(), Flow{RequireDevice: true}).end(); !errors.Is(err, ErrUnreachable) {
			t.Errorf("required: err = %v", err)
		}
	})
	t.Run("alone, without a port", func(t *testing.T) {
		t.Parallel()
		squatter, port := squat(t)
		defer func() { _ = squatter.Close() }()
		if _, err := start(t, deviceService(t, token).client(), Flow{Ports: []int{port}}).end(); err != nil {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("alone, out of time", func(t *testing.T) {
		t.Parallel()
		squatter, port := squat(t)
		defer func() { _ = squatter.Close() }()
		r := start(t, deviceService(t, pending).client(), Flow{Ports: []int{port}, Timeout: time.Second})
		if _, err := r.end(); !errors.Is(err, ErrTimeout) {
			t.Errorf("err = %v", err)
		}
	})
}
