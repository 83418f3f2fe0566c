package account

import "sync"

// Progress has the functions that a use case calls while it works. Each may be nil,
// and is called from any goroutine.
type Progress struct {
	// Begin is called before work that can take long. The function that it returns
	// is called when the work is over.
	Begin func(Step) (end func())
	// Unlock is called when the keychain shows its unlock prompt.
	Unlock func()
	// Confirm is called when the keychain asks a person whether to delete an item,
	// which is empty by then.
	Confirm func()
	// Removed is called now and then while many items are removed.
	Removed func(done, total int)
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

// begin reports a step. The caller calls end when it is over.
func (a *Account) begin(step Step) (end func()) {
	if a.Progress.Begin == nil {
		return func() {}
	}
	return a.Progress.Begin(step)
}

// beginOnWait is begin for work that can be over before a timer is set: the first
// timer of a process starts a thread. The step begins when the keychain is asked or
// a lock is taken.
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

// waiting is called before the keychain is asked and before a lock is taken.
func (a *Account) waiting() {
	if onWait := a.onWait.Load(); onWait != nil {
		(*onWait)()
	}
}
