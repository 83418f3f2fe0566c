package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Entry is the value of one account, or the reason why it can't be read.
type Entry struct {
	Account string
	Value   []byte
	Err     error // an *Error, usually ErrCorrupt; Value is nil then
}

// Format hides the value, with every verb.
func (e Entry) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s [redacted] %v}", e.Account, e.Err)
}

// List returns the accounts of this service, sorted. It costs as much as All.
func (k *Keyring) List(ctx context.Context) (accounts []string, err error) {
	entries, err := k.All(ctx)
	for _, e := range entries {
		accounts = append(accounts, e.Account)
	}
	return accounts, err
}

// All returns every account of this service with its value, sorted, in one pass over the keychain. An account whose
// value can't be read, or whose write was interrupted, is an entry with an error. If All itself returns an error, the
// list is incomplete.
func (k *Keyring) All(ctx context.Context) (list []Entry, err error) {
	err = k.run(ctx, "list", func(ctx context.Context) error {
		return k.retry(ctx, func(v Vault) error {
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

// Tidy deletes the items that Delete only marked, because the keychain requires a person to confirm. It shows the prompts,
// so call it at the end of a command, after all locks are released. It costs nothing if there are no such items, and does
// nothing unattended.
func (k *Keyring) Tidy(ctx context.Context) error {
	if !k.opt.Attended {
		return nil
	}
	return k.run(ctx, "delete", func(ctx context.Context) error {
		return k.once(ctx, func(v Vault) error {
			if t, ok := v.(interface{ Tidy(context.Context) error }); ok {
				return t.Tidy(ctx)
			}
			return nil
		})
	})
}

// catalog lists a keychain's items. A name is true if the item exists, and false if only parts of it do. Keychains that
// can read everything at once fill items.
type catalog struct {
	names map[string]bool
	items map[string]Item
}

func readCatalog(ctx context.Context, v Vault) (c catalog, err error) {
	c.names = map[string]bool{}
	if all, ok := v.(interface {
		All(context.Context) (map[string]Item, error)
	}); ok {
		c.items, err = all.All(ctx)
		for name := range c.items {
			c.names[name] = true
		}
		return c, err
	}
	names, err := v.List(ctx)
	for _, name := range names {
		item, isPart := itemOf(name)
		c.names[item] = c.names[item] || !isPart
	}
	return c, err
}

func (c catalog) read(ctx context.Context, v Vault, name string) (s stored, err error) {
	if item, ok := c.items[name]; ok {
		if item.Err != nil {
			return s, item.Err
		}
		s.found, s.payload = true, item.Payload
		return s, s.load(ctx, v, name)
	}
	s, err = readStored(ctx, v, name)
	if err == nil && !s.found && !c.names[name] {
		err = fail(ErrCorrupt, "an interrupted write left only a part of it")
	}
	return s, err
}

// entry reads one item's entry; ours is false for another program's item, and for one that is marked as deleted. An
// error ends the pass.
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
