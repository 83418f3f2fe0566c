package talk

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// Services does what the conversation needs. Each method may take long: it is called off the front's goroutine and ends
// when ctx does. Methods may be called at the same time, except for Session. Texts they return are printable and hold no
// secret; [Services.Explain] puts their errors into words.
type Services interface {
	// Session looks up whose credential is active, and renews it if that is due. Without a credential it returns the zero Session and no error.
	Session(ctx context.Context) (Session, error)
	// SignIn signs in with the browser and stores the credential. Pasted receives addresses that the person pastes. It
	// calls tell with its news; the prompt comes once.
	SignIn(ctx context.Context, pasted <-chan string, tell func(SignInNews)) (Stored, error)
	// StoreSecret checks and stores a personal access token (provider mogplex) or a provider's key.
	StoreSecret(ctx context.Context, provider string, secret auth.Secret) (Stored, error)
	// SignOut removes the account's credential from every store. It returns a report even with an error.
	SignOut(ctx context.Context) (SignedOut, error)
	// Status returns the text of `mogplex auth status`.
	Status(ctx context.Context) (string, error)
	// Profiles returns the text of `mogplex auth list`.
	Profiles(ctx context.Context) (string, error)
	// UseProfile makes another profile the one of this conversation. It changes nothing that is stored. The caller looks
	// the session up again.
	UseProfile(ctx context.Context, name string) error
	// Models returns the catalog of the active session: the cached copy, or the service's if there is none or refresh is
	// set.
	Models(ctx context.Context, refresh bool) (Models, error)
	// Servers returns the remote MCP definitions, as Models does.
	Servers(ctx context.Context, refresh bool) (Servers, error)
	// Prompt sends a conversation to the credential's own service and calls say with each piece of the answer, in order,
	// until it returns.
	Prompt(ctx context.Context, conversation Conversation, say func(piece string)) error
	// Follow reports a run's snapshot, its events so far and those to come, until the run ends or ctx does. It calls on
	// from one goroutine.
	Follow(ctx context.Context, run string, on func(RunUpdate)) error
	// Changed receives within a second after this or another process changed what is stored. Changes that come together
	// may be reported once.
	Changed() <-chan struct{}
	// Explain puts a failure into words.
	Explain(err error) Problem
	// LogCommand notes in the session log that one of [CommandNames] was typed.
	LogCommand(name string)
	// LogPanic notes in the session log the type of what recover returned, and the frames that runtime.Callers returned.
	LogPanic(value any, callers []uintptr)
}

// Session is whose credential is active.
type Session struct {
	SignedIn bool
	Ended    bool     // nobody is signed in because what is stored has expired or is refused
	ID       string   // changes whenever another person, key or service is active; not with a renewal
	Provider string   // of the provider table, such as "mogplex"
	Account  string   // "Ada Lovelace <ada@example.test>"; empty if it is not known
	Source   string   // where it comes from: "keychain (Secret Service)", "MOGPLEX_API_KEY", "auth.json"
	Service  string   // where prompts go: the provider's name, or the service's origin, which is known without a sign-in
	Profile  string   // empty for the default one, if nothing chose it
	Warnings []string // sentences
}

// SignInNews is something that a sign-in reports. One field is set.
type SignInNews struct {
	Prompt *SignInPrompt
	Notice string    // a sentence in passing
	Until  time.Time // the deadline became earlier than the prompt's
	Reject *Problem  // the pasted text is not the address; the sign-in goes on
}

// SignInPrompt is what a person needs to sign in.
type SignInPrompt struct {
	URL       string
	Opening   bool   // a browser is being opened
	Listening bool   // false: no callback port is free, only pasting helps
	UserCode  string // of the device grant; may be empty
	VerifyURL string // the page that takes the code
	Deadline  time.Time
}

// Stored is a credential that was just stored.
type Stored struct {
	Account  string // empty if it is not known
	Place    string // "the keychain (Secret Service)"
	Warnings []string
}

// SignedOut is what a sign-out did.
type SignedOut struct {
	Lines      []string // what was removed, and what failed
	Warned     bool     // one of them is a warning
	StillInEnv []string // variables that still sign in
	Pending    bool     // ending the session at the service is retried in the background
}

// Models is a model catalog.
type Models struct {
	List    []Model
	Fetched time.Time
	Stale   error // why it is the cached copy; nil if it is the service's
}

// Model is a row of the catalog.
type Model struct {
	ID, Provider, Name string
	Context            int     // tokens; 0 if it is not known
	Input, Output      float64 // US dollars per million tokens; negative if not known
	Capabilities       []string
}

// Servers are the remote MCP definitions.
type Servers struct {
	List    []Server
	Fetched time.Time
	Stale   error
}

// Server is one remote MCP definition. No value of a header or variable is in
// it, only their names.
type Server struct {
	Name    string
	Enabled bool
	Kind    string   // "command" or "url"
	Target  string   // the command or address, its secrets masked
	Masked  []string // "Authorization: ••••", "TOKEN=••••"
}

// Conversation is what a prompt sends.
type Conversation struct {
	Session string // the ID of the session it was held in; no other's credential sends it. Empty: anyone's
	Model   string // empty: the service's own choice
	Turns   []Turn
}

// Turn is one message.
type Turn struct {
	Role string // "user" or "assistant"
	Text string
}

// RunUpdate is news of a run.
type RunUpdate struct {
	Run    RunState      // the snapshot; zero before the service's first answer
	Events []RunEvent    // oldest first, each reported once
	Wait   time.Duration // until the service is asked again
	Notice string        // why it is asked later than usual
}

// RunState is the snapshot of a run.
type RunState struct {
	ID, Status, Harness, Repo, Base, Working, Error string
	Created, Updated                                time.Time
	Ended                                           bool
}

// RunEvent is one event of a run.
type RunEvent struct {
	ID, Type, Tool, Message, Payload string
	Created                          time.Time
}

// Problem is a failure in words.
type Problem struct {
	Text   string // one sentence
	Hint   string // what to do next; may be empty
	SignIn bool   // signing in again is what helps: /login
	Gone   bool   // it ended because ctx did
}
