package account

import (
	"sync"
	"time"
)

// Progress has functions that a use case calls while it works. Each may be nil, and is
// called from any goroutine.
type Progress struct {
	// Begin is called before work that can take long. The function that it returns is
	// called after the work.
	Begin func(Step) (end func())
	// Unlock is called when the keychain shows its unlock prompt.
	Unlock func()
	// Confirm is called when the keychain asks a person whether to delete an item. The
	// item is already empty.
	Confirm func()
	// Removed is called every few seconds while many items are removed.
	Removed func(done, total int)
	// Asked is called after each call of a store or of a service, with what was asked,
	// the answer in a word or an error's text, and how long it took. Neither text has a
	// secret in it.
	Asked func(what, answer string, took time.Duration)
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// Step is work that can take long.
type Step string

// The steps of the use cases.
const (
	FindCredential  Step = "find the credential"
	WaitForKeychain Step = "wait for the keychain" // to read it, or to store a credential
	AskService      Step = "ask the service"
	RenewToken      Step = "renew the token"
	RemoveStored    Step = "remove what is stored"
	MoveCredentials Step = "move credentials"
	FetchLists      Step = "fetch models and MCP servers"
	EndAtService    Step = "end sessions at the service"
)

// begin reports a step. The caller calls end after it.
func (a *Account) begin(step Step) (end func()) {
	if a.Progress.Begin == nil {
		return func() {}
	}
	return a.Progress.Begin(step)
}

// beginOnWait is begin for work that is often faster than setting a timer, because the
// first timer of a process starts a thread. The step begins when the work first reads
// the keychain or takes a lock.
func (a *Account) beginOnWait(step Step) (end func()) {
	if a.Progress.Begin == nil {
		return func() {}
	}
	begun := func() {}
	onWait := sync.OnceFunc(func() { begun = a.Progress.Begin(step) })
	a.onWait.Store(&onWait)
	return func() {
		a.onWait.Store(nil)
		begun()
	}
}

// waiting is called before each access to the keychain and before a lock is taken.
func (a *Account) waiting() {
	if onWait := a.onWait.Load(); onWait != nil {
		(*onWait)()
	}
}
