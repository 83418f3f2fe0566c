// Package keyringtest runs keychains for tests and demonstrations: a private D-Bus session with a real gnome-keyring in
// every state a desktop can get it into. Ask [Available] first, then [Start] one, hand [Session.Env] to the programs
// that are to use it, and [Session.Close] it.
//
// Nothing of the session's owner is touched: home, runtime directory, bus and keyring live in the directory the caller
// names, and no service file of the system is activated.
package keyringtest

// Options says what a session holds at its start. The zero value is a running provider with an unlocked login
// collection, and nothing that could be activated.
type Options struct {
	// Password of the login collection; "" stands for one that the package makes up.
	Password string
	// NoProvider leaves the bus without a Secret Service. [Session.RestartProvider] adds one later.
	NoProvider bool
	// NoCollection runs a provider that never had a login collection, as on an account that never logged in to a desktop.
	NoCollection bool
	// Forgets is NoCollection with the session collection as the default one: it takes items, which are gone when the
	// provider ends.
	Forgets bool
	// Activation says what the bus does when somebody calls a Secret Service that is not running.
	Activation Activation
}

// Activation is what the bus knows of org.freedesktop.secrets.
type Activation int

const (
	// ActivateNothing has no service file: a call answers ServiceUnknown.
	ActivateNothing Activation = iota
	// ActivateProvider starts gnome-keyring, as a desktop does; its login collection, where it has one, is locked.
	ActivateProvider
	// ActivateStuck starts a program which never takes the name: a call is held for the bus's activation time.
	ActivateStuck
)

// Answer is what the person at the desktop does about prompts, see [Session.Prompt]. Without one no prompt can be shown.
type Answer int

const (
	// IgnorePrompt leaves the prompt standing: whoever waits for it waits for ever.
	IgnorePrompt Answer = iota
	// DismissPrompt presses cancel, after the moment that a person takes to read.
	DismissPrompt
	// AnswerPrompt types the session's password at once.
	AnswerPrompt
)
