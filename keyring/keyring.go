// Package keyring keeps small secrets in the operating system's keychain:
// the Secret Service on Linux, the Keychain on macOS, Credential Manager on
// Windows.
//
// It stands on github.com/zalando/go-keyring and adds what that library leaves
// out: a context and a deadline on every call, errors that tell a locked
// keychain from a missing one, values of up to [MaxValue] bytes on every
// platform, a listing of what is ours, and a read-back after every write.
//
// [Open] gives the platform's keychain; [New] puts another [Backend] in its
// place. Neither does any work until the first call:
//
//	k := keyring.Open("example", keyring.Options{})
//	value, found, err := k.Get(ctx, "account")
//
// "Nothing there" is found == false, never an error, and an error never means
// "nothing there". Every error is an [*Error] of one class, apart from three that
// are the caller's own: a bad name, a value too large, a canceled context.
package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MaxValue is the largest value in bytes that Set takes on every platform.
const MaxValue = 1 << 20

const (
	attendedTimeout   = 60 * time.Second
	unattendedTimeout = 5 * time.Second
	settleTimeout     = 2 * time.Second
	// pauseFor is how long a keychain that did not answer in time, or whose
	// prompt a person dismissed, is not asked again: one command would else
	// wait, or show the prompt, once for every question.
	pauseFor = 10 * time.Second
)

// Options says how long to wait, and for whom.
type Options struct {
	// Timeout bounds each call; a Set that got no answer takes 2 s more to find
	// out what is stored. Zero means 60 s where Attended, else 5 s.
	Timeout time.Duration
	// Attended says that a person is there to answer an unlock prompt. Without
	// it no prompt is shown: a locked keychain is ErrLocked at once.
	Attended bool
	// OnPrompt, where set, is called once, before the first unlock prompt is
	// waited for, so that the caller can say what the wait is about.
	OnPrompt func()
}

// Keyring is one service's part of a keychain. Its methods are safe for
// concurrent use by goroutines and by processes.
type Keyring struct {
	backend Backend
	opt     Options
	pause   atomic.Pointer[pause]
}

// pause is an answer that holds for a while.
type pause struct {
	until time.Time
	err   error
}

// Open returns the platform's keychain for items of the named service. The
// name is subject to the same rule as account names, see [ValidName]; with
// another one every call is ErrUnavailable.
func Open(service string, opt Options) *Keyring {
	if err := ValidName(service); err != nil {
		return New(noKeychain{err.Error()}, opt)
	}
	return New(platformBackend(service), opt)
}

// New returns a keyring on a backend of the caller's.
func New(b Backend, opt Options) *Keyring {
	if opt.Timeout <= 0 {
		opt.Timeout = unattendedTimeout
		if opt.Attended {
			opt.Timeout = attendedTimeout
		}
	}
	if opt.OnPrompt != nil {
		opt.OnPrompt = sync.OnceFunc(opt.OnPrompt)
	}
	return &Keyring{backend: b, opt: opt}
}

// Backend names the keychain for people, as in "Secret Service
// (gnome-keyring)". It may ask the keychain, within the time limit, and falls
// back to the general name where there is no answer.
func (k *Keyring) Backend(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, k.opt.Timeout)
	defer cancel()
	return k.backend.Name(ctx)
}

// Get returns the value kept for account. The caller owns the bytes.
func (k *Keyring) Get(ctx context.Context, account string) (value []byte, found bool, err error) {
	err = k.do(ctx, "read", account, func(ctx context.Context, v Vault) error {
		value, found, err = readValue(ctx, v, account)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return value, found, nil
}

// Set keeps value for account in place of what was there. It returns nil only
// after the keychain gave the same value back; where a call ended without an
// answer, what is stored decides.
func (k *Keyring) Set(ctx context.Context, account string, value []byte) error {
	if len(value) > MaxValue {
		return fmt.Errorf("store %q in the keychain: %d bytes are more than the limit of %d", account, len(value), MaxValue)
	}
	began := false
	err := k.do(ctx, "store", account, func(ctx context.Context, v Vault) error {
		began = true
		return writeValue(ctx, v, k.backend.Limit(), account, value)
	})
	if err != nil && began && k.holds(ctx, account, value) {
		return nil
	}
	return err
}

// holds settles a write whose outcome is unknown, with a short time of its own.
func (k *Keyring) holds(ctx context.Context, account string, value []byte) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	v, err := k.backend.Open(ctx, Access{})
	if err != nil {
		return false
	}
	defer v.Close()
	got, found, err := readValue(ctx, v, account)
	return err == nil && found && bytes.Equal(got, value)
}

// Delete removes what is kept for account, and whatever interrupted writes
// left of it. Removing what is not there is no error: removed is false then.
func (k *Keyring) Delete(ctx context.Context, account string) (removed bool, err error) {
	err = k.do(ctx, "delete", account, func(ctx context.Context, v Vault) error {
		gone, err := deleteValue(ctx, v, account)
		removed = removed || gone
		return err
	})
	return removed, err
}

// List returns the accounts that hold anything of this service, sorted, those
// included of which an interrupted write left only a part.
func (k *Keyring) List(ctx context.Context) (accounts []string, err error) {
	err = k.do(ctx, "list", "", func(ctx context.Context, v Vault) error {
		accounts, err = listAccounts(ctx, v)
		return err
	})
	slices.Sort(accounts)
	return slices.Compact(accounts), err
}

// do opens the keychain and runs one operation on it within the time limit,
// again where a failure is a passing one.
func (k *Keyring) do(ctx context.Context, op, account string, run func(context.Context, Vault) error) error {
	if op != "list" {
		if err := ValidName(account); err != nil {
			return fmt.Errorf("%s in the keychain: %w", op, err)
		}
	}
	if p := k.pause.Load(); p != nil && time.Now().Before(p.until) {
		return describe(op, p.err, k.opt.Timeout)
	}
	limited, cancel := context.WithTimeout(ctx, k.opt.Timeout)
	defer cancel()
	access := Access{Attended: k.opt.Attended, OnPrompt: k.opt.OnPrompt}
	err := attempt(limited, k.backend, access, run)
	for try := 1; limited.Err() == nil && try < tries(err); try++ {
		err = attempt(limited, k.backend, access, run)
	}
	if err == nil {
		return nil
	}
	if limited.Err() != nil {
		err = limited.Err() // whatever a call that was cut short made of it
	}
	waited := k.opt.Timeout
	if ctx.Err() != nil {
		waited = 0 // the limit that was over is the caller's
	}
	if hung := limited.Err() != nil && ctx.Err() == nil; hung || errors.Is(err, errDismissed) {
		k.pause.Store(&pause{time.Now().Add(pauseFor), err})
	}
	return describe(op, err, waited)
}

// tries is how often a call that ended so is worth making in all. A provider that went away is asked once more. An item
// that went away is one that another process replaces: KWallet takes it off the bus for that moment, each time.
func tries(err error) int {
	switch {
	case errors.Is(err, errLost):
		return 2
	case errors.Is(err, errNoObject):
		return 10
	}
	return 1
}

func attempt(ctx context.Context, b Backend, access Access, run func(context.Context, Vault) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := b.Open(ctx, access)
	if err != nil {
		return err
	}
	defer v.Close()
	return run(ctx, v)
}
