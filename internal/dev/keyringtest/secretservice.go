// Package keyringtest runs keychains for tests and demonstrations: a private D-Bus session with a real gnome-keyring in
// every state that a desktop can get it into. Check [Available] first, [Start] a session, add [Session.Env] to the
// environment of programs that use it, and [Session.Close] it. [Fake] needs no programs.
//
// A session touches nothing of its user's: home, runtime directory, bus and keyring are in the directory that the caller
// names, and the bus activates no service file of the system.
package keyringtest

// Options describe a session at its start. The zero value is a running provider with an unlocked login collection, and
// nothing to activate.
type Options struct {
	// NoProvider leaves the bus without a Secret Service. [Session.RestartProvider] adds one later.
	NoProvider bool
	// NoCollection runs a provider that never had a login collection, as on an account that never logged in to a desktop.
	NoCollection bool
	// Forgets is NoCollection with the session collection as the default one: its items are gone when the provider ends.
	Forgets bool
	// Activation says what the bus does when somebody calls a Secret Service that is not running.
	Activation Activation
}

// Activation is what the bus knows about org.freedesktop.secrets.
type Activation int

const (
	// ActivateNothing has no service file: a call answers ServiceUnknown.
	ActivateNothing Activation = iota
	// ActivateProvider starts gnome-keyring, as a desktop does; its login collection, if it has one, is locked.
	ActivateProvider
	// ActivateStuck starts a program that never takes the name: the bus holds a call for its activation time.
	ActivateStuck
)

// Answer is what the person at the desktop does about prompts, see [Session.Prompt].
type Answer int

const (
	// IgnorePrompt leaves the prompt open: its caller waits for ever.
	IgnorePrompt Answer = iota
	// DismissPrompt presses Cancel, after the time that a person takes to read.
	DismissPrompt
	// AnswerPrompt types the session's password at once.
	AnswerPrompt
)
