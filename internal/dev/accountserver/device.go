package accountserver

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// device is a device grant in progress, RFC 8628.
type device struct {
	userCode string
	scopes   []string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	account  *Account // that approved it
	denied   bool
}

// ApproveDevice approves a user code, like a button of the /device page. Dashes, spaces
// and case of the code do not count.
func (s *Server) ApproveDevice(userCode, email string) error {
	return s.decideDevice(userCode, s.mustAccount(email))
}

// DenyDevice denies a user code, like the Cancel button of the /device page.
func (s *Server) DenyDevice(userCode string) error { return s.decideDevice(userCode, nil) }

// decideDevice denies if account is nil.
func (s *Server) decideDevice(userCode string, account *Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devices {
		waiting := d.account == nil && !d.denied && s.cfg.Now().Before(d.expires)
		if waiting && bareCode(d.userCode) == bareCode(userCode) {
			d.account, d.denied = account, account == nil
			return nil
		}
	}
	return errors.New("accountserver: unknown or expired user code")
}

func bareCode(userCode string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(userCode))
}

// serveDeviceAuthorization is RFC 8628 section 3.2.
func (s *Server) serveDeviceAuthorization(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("client_id") != ClientID {
		unauthorized("invalid_client", "invalid client_id").write(w)
		return
	}
	if unknown := unknownScopes(r.PostForm); unknown != "" {
		badRequest("invalid_scope", "The following scopes are invalid: "+unknown).write(w)
		return
	}
	letters := randomOf("BCDFGHJKLMNPQRSTVWXZ", 8) // RFC 8628 section 6.1: no vowels, so no words
	d := &device{
		userCode: letters[:4] + "-" + letters[4:], scopes: requestedScopes(r.PostForm),
		expires: s.cfg.Now().Add(codeTTL), interval: s.cfg.DeviceInterval,
	}
	deviceCode := random62(32)
	s.mu.Lock()
	s.devices[deviceCode] = d
	s.mu.Unlock()
	address := origin(r) + "/device"
	writeJSON(w, http.StatusOK, map[string]any{
		"device_code": deviceCode, "user_code": d.userCode,
		"verification_uri": address, "verification_uri_complete": address + "?user_code=" + d.userCode,
		"expires_in": int(codeTTL.Seconds()), "interval": wholeSeconds(s.cfg.DeviceInterval),
	})
}

// pollDevice answers one poll with the statuses of RFC 8628 section 3.5. mu is held.
func (s *Server) pollDevice(form url.Values) (*tokenAnswer, *failure) {
	deviceCode, now := form.Get("device_code"), s.cfg.Now()
	d, ok := s.devices[deviceCode]
	if form.Get("client_id") != ClientID {
		return nil, unauthorized("invalid_client", "invalid client_id")
	}
	if !ok {
		return nil, badRequest("invalid_grant", "invalid device code")
	}
	early := !d.polled.IsZero() && now.Sub(d.polled) < d.interval
	d.polled = now
	switch {
	case !now.Before(d.expires):
		delete(s.devices, deviceCode)
		return nil, badRequest("expired_token", "the device code has expired")
	case d.denied:
		delete(s.devices, deviceCode)
		return nil, badRequest("access_denied", "the person denied access")
	case early:
		d.interval += 5 * time.Second
		return nil, badRequest("slow_down", "polling too fast")
	case d.account == nil:
		return nil, badRequest("authorization_pending", "the person has not answered yet")
	}
	delete(s.devices, deviceCode)
	return s.answerSignIn(&family{account: d.account, scopes: d.scopes}, ""), nil
}

func (s *Server) showDevice(w http.ResponseWriter, r *http.Request) {
	userCode := r.URL.Query().Get("user_code")
	s.showPage(w, http.StatusOK, page{Title: "Connect a device", Text: "Type the code that mogplex shows.",
		Action: "/device", UserCode: &userCode})
}

// submitDevice takes user_code, and as=EMAIL to approve or cancel=1 to deny.
func (s *Server) submitDevice(w http.ResponseWriter, r *http.Request) {
	text := "Done. You can close this page."
	if err := s.decideDevice(r.PostFormValue("user_code"), s.account(r.PostFormValue("as"))); err != nil {
		text = "Unknown or expired code."
	}
	s.showPage(w, http.StatusOK, page{Title: "Connect a device", Text: text})
}
