package accountserver

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// device is a device grant under way, RFC 8628.
type device struct {
	userCode string
	scopes   []string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	account  *Account // who approved it
	denied   bool
}

// errNoDevice says that a user code is not waiting for anyone.
var errNoDevice = errors.New("accountserver: no such user code")

// ApproveDevice does what the /device page's Approve button does. userCode is read
// with or without its dash, in any case.
func (s *Server) ApproveDevice(userCode, email string) error {
	return s.decideDevice(userCode, s.mustAccount(email), false)
}

// DenyDevice does what the /device page's Deny button does.
func (s *Server) DenyDevice(userCode string) error {
	return s.decideDevice(userCode, nil, true)
}

func (s *Server) decideDevice(userCode string, account *Account, denied bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devices {
		waiting := d.account == nil && !d.denied && s.cfg.Now().Before(d.expires)
		if waiting && bareCode(d.userCode) == bareCode(userCode) {
			d.account, d.denied = account, denied
			return nil
		}
	}
	return errNoDevice
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
	query := url.Values{"scope": {r.PostFormValue("scope")}}
	if unknown := unknownScopes(query); unknown != "" {
		badRequest("invalid_scope", "The following scopes are invalid: "+unknown).write(w)
		return
	}
	letters := randomOf("BCDFGHJKLMNPQRSTVWXZ", 8) // RFC 8628 section 6.1: no words, no look-alikes
	d := &device{
		userCode: letters[:4] + "-" + letters[4:], scopes: requestedScopes(query),
		expires: s.cfg.Now().Add(s.cfg.CodeTTL), interval: s.cfg.DeviceInterval,
	}
	deviceCode := random62(32)
	s.mu.Lock()
	s.devices[deviceCode] = d
	s.mu.Unlock()
	page := s.origin(r) + "/device"
	writeJSON(w, http.StatusOK, map[string]any{
		"device_code": deviceCode, "user_code": d.userCode,
		"verification_uri":          page,
		"verification_uri_complete": page + "?user_code=" + d.userCode,
		"expires_in":                int(s.cfg.CodeTTL / time.Second),
		"interval":                  int(math.Ceil(s.cfg.DeviceInterval.Seconds())),
	})
}

// pollDevice answers one poll, RFC 8628 section 3.5, with the statuses of that RFC.
func (s *Server) pollDevice(form url.Values) (*tokenAnswer, *oauthError) {
	deviceCode := form.Get("device_code")
	if deviceCode == "" {
		return nil, badRequest("invalid_request", "device_code is required")
	}
	if form.Get("client_id") != ClientID {
		return nil, unauthorized("invalid_client", "invalid client_id")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.devices[deviceCode]
	if !ok {
		return nil, badRequest("invalid_grant", "invalid device code")
	}
	now := s.cfg.Now()
	early := !d.polled.IsZero() && now.Sub(d.polled) < d.interval
	d.polled = now
	switch {
	case !now.Before(d.expires):
		delete(s.devices, deviceCode)
		return nil, badRequest("expired_token", "the device code has expired")
	case d.denied:
		delete(s.devices, deviceCode)
		return nil, badRequest("access_denied", "the person refused")
	case early:
		d.interval += 5 * time.Second
		return nil, badRequest("slow_down", "polling too fast")
	case d.account == nil:
		return nil, badRequest("authorization_pending", "the person has not answered yet")
	}
	delete(s.devices, deviceCode)
	return s.answerSignIn(&family{account: d.account, scopes: d.scopes}, ""), nil
}

// deviceView is what device.html shows.
type deviceView struct {
	Offered  bool
	UserCode string
	Outcome  string // "approved", "denied", "unknown" or, before an answer, ""
}

func (s *Server) showDevice(w http.ResponseWriter, r *http.Request) {
	if s.cfg.OfferDevice && s.signedIn(r) == nil {
		s.toLogin(w, r)
		return
	}
	s.render(w, r, http.StatusOK, "device.html", "Connect a device",
		deviceView{Offered: s.cfg.OfferDevice, UserCode: r.URL.Query().Get("user_code")})
}

func (s *Server) submitDevice(w http.ResponseWriter, r *http.Request) {
	account := s.signedIn(r)
	if account == nil {
		s.toLogin(w, r)
		return
	}
	view := deviceView{Offered: s.cfg.OfferDevice, UserCode: r.PostFormValue("user_code"), Outcome: "approved"}
	denied := r.PostFormValue("deny") != ""
	if denied {
		view.Outcome = "denied"
	}
	if err := s.decideDevice(view.UserCode, account, denied); err != nil {
		view.Outcome = "unknown"
	}
	s.render(w, r, http.StatusOK, "device.html", "Connect a device", view)
}

// toLogin sends a person to sign in and then back to the page they asked for.
func (s *Server) toLogin(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}
