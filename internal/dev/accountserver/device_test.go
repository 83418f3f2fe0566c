package accountserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// startDevice starts a device grant.
func (w *world) startDevice() (deviceCode, userCode string) {
	w.t.Helper()
	got := w.form(accountserver.DevicePath, "client_id", accountserver.ClientID, "scope", "openid offline_access read").json(w.t)
	if got["interval"] != 5.0 || got["expires_in"] != 600.0 || got["verification_uri"] != w.origin+"/device" {
		w.t.Fatalf("device authorization: %v", got["error"])
	}
	return got["device_code"].(string), got["user_code"].(string)
}

func (w *world) poll(deviceCode string) (status int, outcome any) {
	w.t.Helper()
	a := w.form(accountserver.TokenPath, "grant_type", "urn:ietf:params:oauth:grant-type:device_code",
		"device_code", deviceCode, "client_id", accountserver.ClientID)
	return a.StatusCode, a.json(w.t)["error"]
}

func (w *world) wantPoll(deviceCode, want string) {
	w.t.Helper()
	if status, got := w.poll(deviceCode); status != 400 || got != want {
		w.t.Errorf("poll: status %d, error %v, want %s", status, got, want)
	}
}

func TestDeviceGrantIsApprovedOnThePage(t *testing.T) {
	w := newWorld(t, accountserver.Config{OfferDevice: true})
	deviceCode, userCode := w.startDevice()
	w.wantPoll(deviceCode, "authorization_pending")
	if !strings.Contains(w.get("/device?user_code="+userCode).body, userCode) {
		t.Error("the device page does not show the code")
	}
	typed := strings.ToLower(strings.ReplaceAll(userCode, "-", " "))
	if a := w.form("/device", "user_code", typed, "as", grace); !strings.Contains(a.body, "Done") {
		t.Errorf("approval: %s", a.body)
	}
	w.Advance(5 * time.Second)
	if status, outcome := w.poll(deviceCode); status != http.StatusOK {
		t.Errorf("approved: status %d, error %v", status, outcome)
	}
	w.wantPoll(deviceCode, "invalid_grant")
	if err := w.ApproveDevice(userCode, ada); err == nil {
		t.Error("approved twice")
	}
}

func TestDeviceGrantDeniedSlowedAndExpired(t *testing.T) {
	w := newWorld(t, accountserver.Config{OfferDevice: true})
	deviceCode, userCode := w.startDevice()
	w.wantPoll(deviceCode, "authorization_pending")
	w.Advance(time.Second)
	w.wantPoll(deviceCode, "slow_down")
	w.Advance(6 * time.Second)
	w.wantPoll(deviceCode, "slow_down") // the interval is 10 s by now, and 15 s from now on
	w.Advance(15 * time.Second)
	w.wantPoll(deviceCode, "authorization_pending")
	if err := w.DenyDevice(userCode); err != nil {
		t.Fatal(err)
	}
	w.wantPoll(deviceCode, "access_denied")

	deviceCode, userCode = w.startDevice()
	w.Advance(10 * time.Minute)
	if err := w.ApproveDevice(userCode, ada); err == nil {
		t.Error("approved after it expired")
	}
	w.wantPoll(deviceCode, "expired_token")
	w.wantPoll(deviceCode, "invalid_grant")
}

func TestDeviceAuthorizationErrors(t *testing.T) {
	w := newWorld(t, accountserver.Config{OfferDevice: true})
	if a := w.form(accountserver.DevicePath, "client_id", "other"); a.StatusCode != 401 {
		t.Errorf("another client: status %d", a.StatusCode)
	}
	a := w.form(accountserver.DevicePath, "client_id", accountserver.ClientID, "scope", "admin")
	if a.StatusCode != 400 || a.json(t)["error"] != "invalid_scope" {
		t.Errorf("unknown scope: status %d", a.StatusCode)
	}
	if a := w.form("/device", "user_code", "NOPE-NOPE", "as", ada); !strings.Contains(a.body, "Unknown or expired code.") {
		t.Errorf("unknown code: %s", a.body)
	}
}
