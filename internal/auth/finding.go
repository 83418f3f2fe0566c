package auth

import (
	"errors"
	"fmt"
)

// State is what one layer said when it was asked.
type State string

// The states of a layer. Only Absent means that nothing is there.
const (
	Present     State = "present"
	Absent      State = "absent"
	Locked      State = "locked"
	Denied      State = "denied"
	Timeout     State = "timeout"
	Unavailable State = "unavailable"
	Corrupt     State = "corrupt"
	Disabled    State = "disabled" // by MOGPLEX_CREDENTIAL_STORE: it was not asked
)

// The layers, in their order, and the sources of a credential.
const (
	Env      = "env"
	Keychain = "keychain"
	File     = "file"
)

// Finding is what one layer said, and what came of it.
type Finding struct {
	Layer      string
	Name       string // of the environment variable
	Path       string // of the file
	Provider   string
	State      State
	InForce    bool
	ShadowedBy string // the layer that hides this one's credential
	Err        error  // why a layer could not be read

	credential Credential
	silent     bool // a spare layer that holds nothing
}

// Credential is what the layer holds; zero unless State is Present.
func (f Finding) Credential() Credential { return f.credential }

// Result is a resolution: the credential in force, and what every layer that
// was asked said.
type Result struct {
	Found      bool
	Credential Credential
	Source     string
	Path       string // of the file, where Source is File
	Findings   []Finding
	Warnings   []string // plain sentences for a person
	NotRenewed error    // why a token that is due was not renewed; it still works

	blocked error // a variable that decides and can't be used
}

// ErrNotSignedIn says that every layer was asked, and none holds a credential.
var ErrNotSignedIn = errors.New("not signed in")

// ErrOtherOrigin says that what is stored was issued by another service.
var ErrOtherOrigin = errors.New("signed in at another service")

// LayerError is a layer that could not be read where no other layer had a
// credential. It never means "not signed in".
type LayerError struct {
	Layer    string
	Provider string // whose credential was asked for
	State    State
	Err      error
}

func (e *LayerError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Layer, e.State)
	}
	return e.Err.Error()
}

func (e *LayerError) Unwrap() error { return e.Err }
