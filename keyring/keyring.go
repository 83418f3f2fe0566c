// Package keyring keeps small secrets in the operating system's keychain: the Secret Service on Linux, the Keychain on
// macOS, Credential Manager on Windows.
//
// It stands on github.com/zalando/go-keyring and adds what that library leaves out: a context and a deadline on every
// call, errors that tell a locked keychain from a missing one, values of up to [MaxValue] bytes on every platform, a
// listing of what is ours, an update that reads, writes and reads back, and items that no other program's are taken for.
//
// [Open] gives the platform's keychain; [New] puts another [Backend] in its place. Neither does any work until the
// first call, whose connection the later ones share until [Keyring.Close]:
//
//	k := keyring.Open("example", keyring.Options{})
//	defer k.Close()
//	value, found, err := k.Get(ctx, "account")
//
// [Keyring.Update] changes a value on the ground of the one before, [Keyring.Set] replaces it whatever it is.
//
// "Nothing there" is found == false, never an error, and an error never means "nothing there". Every error is an
// [*Error] of one class, apart from those that are the caller's own: an account without a name, a value too large, a
// canceled context, and what an Update's change function returns.
package keyring

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// MaxValue is the largest value in bytes that Set and Update take on every platform.
	MaxValue = 1 << 20
	// maxStored is the largest value with its account's name before it.
	maxStored = MaxValue + maxAccount + 1

	attendedTimeout   = 60 * time.Second
	unattendedTimeout = 5 * time.Second
	settleTimeout     = 2 * time.Second
)

// Options says how long to wait, for whom, and how items look.
type Options struct {
	// Timeout bounds each call; an Update that got no answer takes 2 s more to find out what is stored. Zero means
	// 60 s if Attended, else 5 s.
	Timeout time.Duration
	// Attended says that a person is there to answer a prompt. Without it no unlock prompt is shown: a locked keychain
	// is ErrLocked at once. See [PromptBlocked].
	Attended bool
	// OnPrompt, if set, is called once, before the first prompt to unlock is waited for, so that the caller can say what the
	// wait is about.
	OnPrompt func()
	// OnConfirm is the same for the first prompt to confirm a deletion, which some keychains show.
	OnConfirm func()
	// Schema is the xdg:schema attribute of the items on Linux, as "com.example.Credential". An item with it is ours,
	// whatever else it has. Without it only an item with no attributes but the service and the account is.
	Schema string
	// Label names an account's item for people on Linux. Nil stands for "SERVICE: ACCOUNT".
	Label func(account string) string
	// Plain has Get return an item that another program wrote through go-keyring, with its payload as the value, if
	// there is none of ours. It is not listed, changed or deleted.
	Plain bool
}

// Keyring is one service's part of a keychain. Its methods are safe for concurrent use by goroutines and by processes.
type Keyring struct {
	link *link
	opt  Options
}

// Open returns the platform's keychain for items of the named service. The name has to be valid by [ValidName]; with
// another one every call is ErrUnavailable.
func Open(service string, opt Options) *Keyring {
	if err := ValidName(service); err != nil {
		return New(noKeychain{err.Error()}, opt)
	}
	backend := platformBackend(service)
	if b, ok := backend.(interface{ withOptions(Options) Backend }); ok {
		backend = b.withOptions(opt)
	}
	return New(backend, opt)
}

// New returns a keyring on a backend of the caller's. Its Options' Schema and Label are the backend's affair.
func New(b Backend, opt Options) *Keyring {
	for _, announce := range []*func(){&opt.OnPrompt, &opt.OnConfirm} {
		if *announce != nil {
			*announce = sync.OnceFunc(*announce)
		}
	}
	return &Keyring{link: newLink(b), opt: opt}
}

// Unattended returns the same keyring on the same connection, with no person to be asked for anything.
func (k *Keyring) Unattended() *Keyring {
	opt := k.opt
	opt.Attended, opt.OnPrompt, opt.OnConfirm = false, nil, nil
	return &Keyring{link: k.link, opt: opt}
}

// Close ends the connection. A later call makes another.
func (k *Keyring) Close() { k.link.drop(nil) }

func (k *Keyring) access() Access {
	return Access{Attended: k.opt.Attended, OnPrompt: k.opt.OnPrompt, OnConfirm: k.opt.OnConfirm}
}

func (k *Keyring) timeout() time.Duration {
	switch {
	case k.opt.Timeout > 0:
		return k.opt.Timeout
	case k.opt.Attended:
		return attendedTimeout
	}
	return unattendedTimeout
}

// Backend names the keychain for people, as in "Secret Service (gnome-keyring)". It may ask the keychain, within the
// time limit, and falls back to the general name if there is no answer.
func (k *Keyring) Backend(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	if named, ok := k.link.opened(ctx).(interface{ Name(context.Context) string }); ok {
		return named.Name(ctx)
	}
	return k.link.backend.Name(ctx)
}

// Get returns the value kept for account. The caller owns the bytes.
func (k *Keyring) Get(ctx context.Context, account string) (value []byte, found bool, err error) {
	name, err := itemName(account)
	if err != nil {
		return nil, false, fmt.Errorf("read in the keychain: %w", err)
	}
	err = k.do(ctx, "read", func(ctx context.Context) error {
		s, err := k.read(ctx, name)
		if err != nil {
			return err
		}
		if found = s.present(); found {
			_, value, err = unpack(name, account, s.value)
			return err
		}
		if k.opt.Plain {
			value, found, err = k.plain(ctx, account, s)
		}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return value, found, nil
}

// plain returns another program's item for the account; s is what lies under the name of ours.
func (k *Keyring) plain(ctx context.Context, account string, s stored) (value []byte, found bool, err error) {
	if s.foreign() {
		return []byte(s.payload), true, nil
	}
	payload := ""
	err = k.step(ctx, func(v Vault) error {
		if b, ok := v.(interface {
			Twin(context.Context, string) (string, bool, error)
		}); ok {
			payload, found, err = b.Twin(ctx, account)
		} else if name, _ := itemName(account); name != account {
			payload, found, err = v.Get(ctx, account)
		}
		return err
	})
	return []byte(payload), found && !isOurs(payload), err
}

// read reads what is stored under an item's name.
func (k *Keyring) read(ctx context.Context, name string) (s stored, err error) {
	err = k.step(ctx, func(v Vault) (err error) {
		s, err = readStored(ctx, v, name)
		return err
	})
	return s, err
}
