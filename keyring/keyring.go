// Package keyring keeps small secrets in the operating system's keychain: the Secret Service on Linux, the Keychain on
// macOS, Credential Manager on Windows.
//
// It is built on github.com/zalando/go-keyring and adds a context and a deadline to every call, errors that tell a
// locked keychain from a missing one, values of up to [MaxValue] bytes on every platform, a list of our own items, an
// update that reads, writes and reads back, and protection of other programs' items.
//
// [Open] returns the platform's keychain; [New] uses another [Backend] instead. Neither does any I/O: the first call
// connects, and later calls share the connection until [Keyring.Close]:
//
//	k := keyring.Open("example", keyring.Options{})
//	defer k.Close()
//	value, found, err := k.Get(ctx, "account")
//
// [Keyring.Update] changes a value depending on the old one, [Keyring.Set] replaces it, [Keyring.Delete] removes it.
// [Keyring.All] reads everything, [Keyring.List] the names. [Sealer] encrypts what belongs in a file.
//
// "Nothing there" is found == false, never an error, and an error never means "nothing there". Every error is an
// [*Error] of one class, apart from those that the caller causes: an invalid account name, a value too large, a
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

// Options say how long to wait, whether a person is there, and how items look.
type Options struct {
	// Timeout bounds each call; an Update that got no answer takes 2 s more to find out what is stored. Zero means
	// 60 s if Attended, else 5 s.
	Timeout time.Duration
	// Attended says that a person can answer a prompt, which is a window on the machine's own desktop. Otherwise no
	// unlock prompt is shown: a locked keychain is ErrLocked at once.
	Attended bool
	// OnPrompt, if set, is called once, before the first unlock prompt, so that the caller can explain the wait.
	OnPrompt func()
	// OnConfirm is the same for the first prompt to confirm a deletion, which some keychains show.
	OnConfirm func()
	// Schema is the xdg:schema attribute of the items on Linux, such as "com.example.Credential". An item with it is
	// ours, whatever other attributes it has. Without a schema only an item with no attributes but the service and the
	// account is ours.
	Schema string
	// Label names an account's item for people on Linux. Nil stands for "SERVICE: ACCOUNT".
	Label func(account string) string
	// Plain makes Get fall back to an item that another program wrote through go-keyring, with its payload as the
	// value. Such an item is not listed, changed or deleted.
	Plain bool
}

// Keyring is one service's part of a keychain. Its methods are safe for concurrent use by goroutines and by processes.
type Keyring struct {
	link *link
	opt  Options
}

// Open returns the platform's keychain for items of the named service. If the name is not valid by [ValidName], every
// call returns ErrUnavailable.
func Open(service string, opt Options) *Keyring {
	if err := ValidName(service); err != nil {
		return New(noKeychain{err.Error()}, opt)
	}
	return New(platformBackend(service, opt), opt)
}

// New returns a keyring on another backend. It ignores the Options' Schema and Label.
func New(b Backend, opt Options) *Keyring {
	for _, announce := range []*func(){&opt.OnPrompt, &opt.OnConfirm} {
		if *announce == nil {
			*announce = func() {}
		}
		*announce = sync.OnceFunc(*announce)
	}
	return &Keyring{link: newLink(b), opt: opt}
}

// Unattended returns the same keyring on the same connection, which prompts nobody.
func (k *Keyring) Unattended() *Keyring {
	opt := k.opt
	opt.Attended = false
	return &Keyring{link: k.link, opt: opt}
}

// Close ends the connection of this keyring and of its Unattended views. A later call connects again.
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
// time limit, and returns the general name if there is no answer.
func (k *Keyring) Backend(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	if v := k.link.opened(ctx); v != nil {
		return v.Name(ctx)
	}
	return k.link.backend.Name(ctx)
}

// Get returns the value stored for account. The caller owns the bytes. A damaged value is ErrCorrupt.
func (k *Keyring) Get(ctx context.Context, account string) (value []byte, found bool, err error) {
	name, err := itemName(account)
	if err != nil {
		return nil, false, fmt.Errorf("read in the keychain: %w", err)
	}
	err = k.run(ctx, "read", func(ctx context.Context) error {
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

// plain returns another program's item for the account; s is what is stored under the name of ours.
func (k *Keyring) plain(ctx context.Context, account string, s stored) (value []byte, found bool, err error) {
	if s.foreign() {
		return []byte(s.payload), true, nil
	}
	payload := ""
	err = k.retry(ctx, func(v Vault) error {
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

// read returns the value stored in an item and its parts.
func (k *Keyring) read(ctx context.Context, name string) (s stored, err error) {
	err = k.retry(ctx, func(v Vault) (err error) {
		s, err = readStored(ctx, v, name)
		return err
	})
	return s, err
}
