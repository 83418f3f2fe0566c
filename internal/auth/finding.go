package auth

import (
	"errors"
	"fmt"
)

// State is the result of asking a layer for one key.
type State string

// The states of a layer. Only Absent means that there is no credential.
const (
	Present     State = "present"
	Absent      State = "absent"
	Locked      State = "locked"
	Denied      State = "denied"
	Timeout     State = "timeout"
	Unavailable State = "unavailable"
	Corrupt     State = "corrupt"
	Disabled    State = "disabled" // by MOGPLEX_CREDENTIAL_STORE: it was not read
)

// The layers, in their order, and the sources of a credential.
const (
	Env         = "env"
	InKeychain  = "keychain"
	InFile      = "file"
	InDisplaced = "displaced" // displaced.json: a renewed token that its own layer did not take
)

// Finding is a layer's answer, and whether its credential is used.
type Finding struct {
	Layer      string
	Name       string // of the environment variable
	Path       string // of the file
	Provider   string
	State      State
	Active     bool
	ShadowedBy string // the layer that hides this one's credential
	Stray      bool   // an earlier layer has a record of the same key, so this one is not used
	Err        error  // why the layer could not be read

	record Record
}

// Record returns the layer's record; the zero Record unless State is Present.
func (f Finding) Record() Record { return f.record }

// Result is a resolution: the active credential, and the answer of each layer that
// was read.
type Result struct {
	Found      bool
	Credential Credential
	Source     string
	Path       string // of the file, if Source is InFile
	Findings   []Finding
	Warnings   []string // plain sentences for a person
	NotRenewed error    // why a due token, which still works, was not renewed

	held    held
	blocked error // a variable takes precedence, and its value can't be a key
}

// Rejected reports that the service rejected the refresh token of the active
// credential, which is not renewed until someone signs in or forces a refresh.
func (res Result) Rejected() bool { return res.held.record.Rejected() }

// held is the stored record of a credential, and its place.
type held struct {
	key       Key
	layer     *Layer // nil for a variable
	record    Record // as it is stored
	displaced bool   // the credential is from displaced.json; record has the claim that it needs
}

// ErrNotSignedIn says that every layer was read, and none holds a credential.
var ErrNotSignedIn = errors.New("not signed in")

// LayerError says that a layer could not be read, and no other layer has a
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
