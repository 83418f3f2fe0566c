package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Entry is what is kept for one account, or the reason why it can't be read.
type Entry struct {
	Account string
	Value   []byte
	Err     error // an *Error, usually ErrCorrupt; Value is nil then
}

// Format keeps the value out of what is printed, with every verb.
func (e Entry) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s [redacted] %v}", e.Account, e.Err)
}

// List returns the accounts that hold anything of this service, sorted. It costs what All costs.
func (k *Keyring) List(ctx context.Context) (accounts []string, err error) {
	entries, err := k.All(ctx)
	for _, e := range entries {
		accounts = append(accounts, e.Account)
	}
	return accounts, err
}

// All returns every account of this service with its value, sorted, in one pass over the keychain. An account whose
// value can't be read, or of which an interrupted write left only a part, is an entry with an error; the error of All
// itself means that nothing can be said.
func (k *Keyring) All(ctx context.Context) (list []Entry, err error) {
	err = k.do(ctx, "list", func(ctx context.Context) error {
		return k.step(ctx, func(v Vault) error {
			list = nil
			c, err := readCatalog(ctx, v)
			if err != nil {
				return err
			}
			for name := range c.names {
				e, ours, err := c.entry(ctx, v, name)
				if err != nil {
					return err
				}
				if ours {
					list = append(list, e)
				}
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Account, b.Account) })
	return list, err
}

// Tidy asks the person for the deletions that Delete could not make without one, and had emptied the items instead. It
// is for the end of a command, when no lock is held, and costs nothing if there are none. Unattended it does nothing.
func (k *Keyring) Tidy(ctx context.Context) error {
	if !k.opt.Attended {
		return nil
	}
	return k.do(ctx, "delete", func(ctx context.Context) error {
		return k.once(ctx, func(v Vault) error {
			if t, ok := v.(interface{ Tidy(context.Context) error }); ok {
				return t.Tidy(ctx)
			}
			return nil
		})
	})
}

// catalog is what a keychain holds. A name is true if there is an item of that name, and not only parts of it; it has a
// payload or an error if they came with the list.
type catalog struct {
	names      map[string]bool
	payloads   map[string]string
	unreadable map[string]error
}

func readCatalog(ctx context.Context, v Vault) (c catalog, err error) {
	c.names = map[string]bool{}
	if all, ok := v.(interface {
		All(context.Context) (map[string]string, map[string]error, error)
	}); ok {
		c.payloads, c.unreadable, err = all.All(ctx)
		for name := range c.payloads {
			c.names[name] = true
		}
		for name := range c.unreadable {
			c.names[name] = true
		}
		return c, err
	}
	names, err := v.List(ctx)
	for _, name := range names {
		account, part := owner(name)
		c.names[account] = c.names[account] || !part
	}
	return c, err
}

// read reads one of the catalog's items.
func (c catalog) read(ctx context.Context, v Vault, name string) (s stored, err error) {
	payload, atHand := c.payloads[name]
	switch {
	case c.unreadable[name] != nil:
		return s, c.unreadable[name]
	case atHand:
		s.found, s.payload = true, payload
		return s, s.load(ctx, v, name)
	}
	s, err = readStored(ctx, v, name)
	if err == nil && !s.found && !c.names[name] {
		err = fail(ErrCorrupt, "an interrupted write left a part of it")
	}
	return s, err
}

// entry makes one item's entry; ours is false for another program's, and for one that stands for nothing. An error is
// one that ends the pass.
func (c catalog) entry(ctx context.Context, v Vault, name string) (e Entry, ours bool, err error) {
	e.Account = accountName(name)
	s, err := c.read(ctx, v, name)
	if err == nil {
		if !s.present() {
			return e, false, nil
		}
		e.Account, e.Value, err = unpack(name, "", s.value)
	}
	var classed *Error
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return e, false, ctx.Err()
	case !errors.As(err, &classed) || errors.Is(err, errLost):
		return e, false, err
	default:
		e.Account, e.Err = accountName(name), describe("read", err, 0)
	}
	return e, true, nil
}
