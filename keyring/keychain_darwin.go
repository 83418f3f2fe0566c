package keyring

import (
	"context"
	"errors"
	"os"
	"os/exec"

	gokeyring "github.com/zalando/go-keyring"
)

// securityTool is the program that go-keyring runs; this package lists items with it.
const securityTool = "/usr/bin/security"

// macKeychain is the macOS login keychain, through go-keyring.
type macKeychain struct {
	service string
	access  Access
}

func platformBackend(service string, _ Options) Backend { return macKeychain{service: service} }

func (macKeychain) Name(context.Context) string { return "macOS Keychain" }

// Limit keeps the command line that go-keyring writes to `security -i`, with the payload in base64, below that tool's
// 4096 bytes.
func (macKeychain) Limit() int { return 2500 }

// Open opens no connection: each call checks whether the keychain is locked.
func (m macKeychain) Open(_ context.Context, access Access) (Vault, error) {
	if _, err := os.Stat(securityTool); err != nil {
		return nil, fail(ErrUnavailable, "%s does not exist", securityTool)
	}
	return &macKeychain{m.service, access}, nil
}

func (macKeychain) Close() {}

func (m macKeychain) Get(ctx context.Context, account string) (payload string, found bool, err error) {
	a, err := m.call(ctx, request{Op: "get", Account: account})
	return a.Payload, a.Found, err
}

// Set updates an item in place (`add-generic-password -U`), which keeps the access list that a person confirmed.
func (m macKeychain) Set(ctx context.Context, account, payload string) error {
	_, err := m.call(ctx, request{Op: "set", Account: account, Payload: payload})
	return err
}

func (m macKeychain) Delete(ctx context.Context, account string) error {
	_, err := m.call(ctx, request{Op: "delete", Account: account})
	return err
}

// List reads the attributes of the default keychains, which needs no permission and shows no secret.
func (m macKeychain) List(ctx context.Context) ([]string, error) {
	a, err := m.call(ctx, request{Op: "list"})
	return a.Accounts, err
}

// request is one go-keyring call, or a listing, which go-keyring lacks.
type request struct {
	Op, Service, Account, Payload string
	Attended                      bool // a dialog to unlock the keychain may be shown
}

// answer is the result of a request, or a message before that.
type answer struct {
	Greeting string   `json:",omitempty"`
	Prompt   bool     `json:",omitempty"` // a dialog is about to be shown
	Found    bool     `json:",omitempty"`
	Payload  string   `json:",omitempty"`
	Accounts []string `json:",omitempty"`
	Failed   int      `json:",omitempty"` // 1 + the index in classes
	Detail   string   `json:",omitempty"`
}

// classes are the classes of failure of a call.
var classes = []error{ErrLocked, ErrDenied, ErrUnavailable}

func (a answer) err() error {
	if a.Failed < 1 || a.Failed > len(classes) {
		return nil
	}
	return fail(classes[a.Failed-1], "%s", a.Detail)
}

// call performs r in a child, or in this process if the program does not call RunChild.
func (m macKeychain) call(ctx context.Context, r request) (answer, error) {
	r.Service, r.Attended = m.service, m.access.Attended
	a, err := callInChild(ctx, r, m.access.OnPrompt)
	if errors.Is(err, errNoChild) {
		done := make(chan answer, 1)
		if err = bounded(ctx, nil, func() error { done <- perform(r, m.access.OnPrompt); return nil }); err == nil {
			a = <-done
		}
	}
	if err == nil {
		err = a.err()
	}
	if err != nil {
		return answer{}, err
	}
	return a, nil
}

// The errors of [keychainLocked] if there is no default keychain, or its file is missing.
const (
	noDefaultKeychain = -25307
	noSuchKeychain    = -25294
)

// perform makes the call. If the keychain is locked, it shows the dialog only if attended, and calls onPrompt first. If
// there is no keychain it makes no call, because macOS' dialog would offer to reset all keychains.
func perform(r request, onPrompt func()) answer {
	switch locked, status := keychainLocked(); {
	case status == noDefaultKeychain, status == noSuchKeychain:
		return failed(statusError(int(uint8(status)))) // as security ends
	case status != 0: // unknown; let the call find out
	case locked && !r.Attended:
		return failed(fail(ErrLocked, ""))
	case locked:
		onPrompt()
	}
	a, err := answer{Found: true}, error(nil)
	switch r.Op {
	case "get":
		a.Payload, err = gokeyring.Get(r.Service, r.Account)
	case "set":
		err = gokeyring.Set(r.Service, r.Account, r.Payload)
	case "delete":
		err = gokeyring.Delete(r.Service, r.Account)
	case "list":
		var dump []byte
		dump, err = exec.Command(securityTool, "dump-keychain").Output()
		a.Accounts = accountsInDump(dump, r.Service)
	}
	if isNotFound(err) && r.Op != "set" {
		return answer{}
	}
	if err != nil {
		return failed(classifyStatus(err))
	}
	return a
}

// failed is the answer for an *Error of one of the classes.
func failed(err error) (a answer) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: ErrUnavailable}
	}
	a.Detail = e.Detail
	for i, class := range classes {
		if e.Kind == class {
			a.Failed = i + 1
		}
	}
	return a
}

// isNotFound checks the exit code too: go-keyring looks for the tool's English message, which macOS may translate.
func isNotFound(err error) bool {
	var exit *exec.ExitError
	return errors.Is(err, gokeyring.ErrNotFound) || errors.As(err, &exit) && exit.ExitCode() == statusNotFound
}

// classifyStatus returns the classed error for a failed run of security.
func classifyStatus(err error) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return fail(ErrUnavailable, "an item was too large for it")
	case !errors.As(err, &exit):
		return fail(ErrUnavailable, "%s could not be run", securityTool)
	}
	return statusError(exit.ExitCode())
}
