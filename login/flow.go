package login

import (
	"context"
	"time"
)

// Flow is the caller's part in one sign-in. Every field may be left out. Its
// functions are called one at a time, Open alone in a goroutine of its own; no
// sign-in is decided while one of the others runs.
type Flow struct {
	// Open opens the address in a browser; [OpenBrowser] does. It is not waited
	// for, and its failure is a Notice.
	Open func(url string) error
	// Show shows the person where to go. It is called once, before the wait.
	Show func(Prompt)
	// Notice is told, in one safe line, what happens while the wait goes on.
	//
	// An error callback without state is one such event. This service's true
	// ones are like that, and so is whatever a local process forges. It is shown
	// at once, in the browser and here, and the wait goes on for 30 seconds in
	// which a sign-in still succeeds; then SignIn returns that error as
	// [ErrRefused]. Nothing else that arrives without the right state shortens
	// the wait.
	Notice func(line string)
	// Deadline is told when SignIn gives up, if that becomes earlier than
	// Prompt.Deadline, as after an error callback without state. What showed
	// the former time must show this one instead.
	Deadline func(time.Time)
	// Pasted carries callback addresses that the person pasted: the whole
	// address, quoted or wrapped over lines, or its code=…&state=… alone.
	Pasted <-chan string
	// PasteRejected is told what is wrong with a paste; the wait goes on.
	PasteRejected func(error)
	// Save stores the grant and returns where, in words that complete "it is
	// kept …", such as "in the keychain". The browser is answered after it
	// returned. It must end when ctx does; a sign-in does not end before it.
	Save func(ctx context.Context, g *Grant) (where string, err error)
	// Timeout bounds the wait for the person; 0 means five minutes.
	Timeout time.Duration
	// Device runs the device grant (RFC 8628) as well, where metadata offers it.
	Device bool
	// Ports are the callback ports, in the order they are tried; nil means 24816
	// and 24818. The service must have registered them.
	Ports []int

	grace   time.Duration // for tests; 0 means strayGrace
	headers time.Duration // for tests; 0 means headerReadTimeout
}

// Prompt is what the person needs to know.
type Prompt struct {
	// URL is the address to open. It holds no secret, but this sign-in's state.
	URL string
	// RedirectURL is where the browser arrives afterwards.
	RedirectURL string
	// Listening is false where no callback port could be bound: the browser will
	// show an error page at RedirectURL, whose address the person has to paste.
	Listening bool
	// Deadline is when the sign-in gives up; see [Flow.Deadline].
	Deadline time.Time
	// Device is nil where the device grant was not asked for or is not offered.
	Device *DevicePrompt
}

// DevicePrompt is what to do on another device. Its texts are safe to print.
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
	if f.Ports == nil {
		f.Ports = []int{24816, 24818}
	}
	if f.grace == 0 {
		f.grace = strayGrace
	}
	if f.headers == 0 {
		f.headers = headerReadTimeout
	}
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
