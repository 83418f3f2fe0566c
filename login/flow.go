package login

import (
	"cmp"
	"context"
	"time"
)

// Flow configures one sign-in. Every field is optional. SignIn calls the functions one at a time, except Open, which runs in
// a goroutine of its own, and does not end the sign-in while one of the others runs.
type Flow struct {
	// Open opens the address in a browser, as [OpenBrowser] does. SignIn does not wait for it, and reports its failure
	// to Notice.
	Open func(url string) error
	// Show shows the person where to go. It is called once, before the wait.
	Show func(Prompt)
	// Notice receives each event of the wait as one line that is safe to print.
	//
	// An error callback without state is such an event. The real ones of this service have no state, so one that a local
	// process forges looks the same. SignIn shows the error at once, in the browser and here, and accepts a valid callback
	// for 30 seconds more; then it returns that error as [ErrRefused]. No other request without the right state shortens
	// the wait.
	Notice func(line string)
	// Deadline receives the time at which SignIn gives up if that becomes earlier than Prompt.Deadline, as after an error
	// callback without state.
	Deadline func(time.Time)
	// Pasted carries what the person pasted, quoted or wrapped over lines: the whole callback address, its query, or the
	// code alone. The state must be right if it is there; PKCE binds a code without it.
	Pasted <-chan string
	// PasteRejected receives the reason why a paste is unusable. The wait continues.
	PasteRejected func(error)
	// Save stores the grant and returns where, in words that complete "it is stored …", such as "in the keychain". SignIn
	// answers the browser after Save, and does not return before it. Save must end when ctx does.
	Save func(ctx context.Context, g *Grant) (where string, err error)
	// Timeout bounds the wait for the person; 0 means five minutes.
	Timeout time.Duration
	// RequireDevice fails the sign-in at once if the device grant (RFC 8628) can't start: with [ErrNoDevice] if the
	// service's metadata does not offer it. Without RequireDevice, SignIn runs the device grant if it can.
	RequireDevice bool
	// Ports are the callback ports on 127.0.0.1, in the order to try; nil means 24816 and 24818, the ones that mogplex.com
	// redirects to. A development service may accept others; 0 is any free port.
	Ports []int

	grace   time.Duration // for tests; 0 means strayGrace
	headers time.Duration // for tests; 0 means headerReadTimeout
}

// Prompt tells the person how to sign in.
type Prompt struct {
	// URL is the address to open. Its only secret is the state of this sign-in.
	URL string
	// RedirectURL is where the browser arrives afterwards.
	RedirectURL string
	// Listening is false if no callback port could be bound. The browser then shows an error page at RedirectURL, whose
	// address the person has to paste.
	Listening bool
	// Deadline is when the sign-in gives up; see [Flow.Deadline].
	Deadline time.Time
	// Device is nil if the device grant is not offered or could not start.
	Device *DevicePrompt
}

// DevicePrompt tells the person how to sign in on another device. Its texts are safe to print.
type DevicePrompt struct {
	UserCode                string
	VerificationURL         string
	VerificationURLComplete string // with the code in it; may be empty
	Expiry                  time.Time
}

const (
	defaultTimeout = 5 * time.Minute
	strayGrace     = 30 * time.Second
	callbackPath   = "/auth/callback"
)

func (f Flow) withDefaults() Flow {
	if f.Timeout <= 0 {
		f.Timeout = defaultTimeout
	}
	if len(f.Ports) == 0 {
		f.Ports = []int{24816, 24818}
	}
	f.grace = cmp.Or(f.grace, strayGrace)
	f.headers = cmp.Or(f.headers, headerReadTimeout)
	if f.Show == nil {
		f.Show = func(Prompt) {}
	}
	if f.Notice == nil {
		f.Notice = func(string) {}
	}
	if f.Deadline == nil {
		f.Deadline = func(time.Time) {}
	}
	if f.PasteRejected == nil {
		f.PasteRejected = func(error) {}
	}
	if f.Save == nil {
		f.Save = func(context.Context, *Grant) (string, error) { return "", nil }
	}
	return f
}
