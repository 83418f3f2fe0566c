package keyring

import (
	"context"
	"errors"
	"fmt"
)

// Update changes a value: it reads the account's value (nil if there is none), calls change once, and stores what
// change returns; nil removes the value. The caller owns the bytes. An error of change is returned as it is, with
// nothing written. A damaged value is ErrCorrupt; Set and Delete replace and remove it.
//
// It returns nil only after a read-back that found exactly the new value, or none after a removal. ErrChanged means that
// another program wrote at the same time, and later; ErrDenied that the keychain did not store the value. If a write
// ended without an answer, Update reads the item to find out.
//
// Updates of one account by one Keyring and its views run one after another. Between processes, use a lock.
func (k *Keyring) Update(ctx context.Context, account string, change func(current []byte) (next []byte, err error)) error {
	return k.update(ctx, "store", account, false, change)
}

// Set stores value for account, in place of any value, even a damaged one. Of several calls at once the last one wins.
// Errors are those of Update, without ErrChanged.
func (k *Keyring) Set(ctx context.Context, account string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	err := k.update(ctx, "store", account, true, func([]byte) ([]byte, error) { return value, nil })
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}

// Delete removes the account's value, and the remains of interrupted writes. If there is no value, removed is false
// without an error. A keychain that requires a person to confirm keeps an item that is marked as deleted: see
// [Keyring.Tidy].
func (k *Keyring) Delete(ctx context.Context, account string) (removed bool, err error) {
	err = k.update(ctx, "delete", account, true, func(current []byte) ([]byte, error) {
		removed = current != nil
		return nil, nil
	})
	return removed && err == nil, err
}

// callersError is an error of the caller's change function.
type callersError struct{ error }

// damaged stands for the value of a damaged item, for Delete.
var damaged = []byte{}

// update runs one Update. If replace, it replaces a damaged value too.
func (k *Keyring) update(ctx context.Context, op, account string, replace bool, change func([]byte) ([]byte, error)) error {
	name, err := itemName(account)
	if err != nil {
		return fmt.Errorf("%s in the keychain: %w", op, err)
	}
	u := update{k: k, name: name, account: account}
	err = k.run(ctx, op, func(ctx context.Context) error {
		unlock, err := k.link.updates.lock(ctx, name)
		if err != nil {
			return err
		}
		defer unlock()
		return u.run(ctx, replace, change)
	})
	var own callersError
	switch {
	case errors.As(err, &own):
		return own.error
	case err != nil && u.unknown && u.isStored(ctx):
		return nil
	}
	return err
}

// update is one Update under way.
type update struct {
	k             *Keyring
	name, account string
	before        stored
	payload       string // to be written; "" is a removal
	unknown       bool   // a write began, and its outcome is not known
}

func (u *update) run(ctx context.Context, replace bool, change func([]byte) ([]byte, error)) (err error) {
	u.before, err = u.k.read(ctx, u.name)
	current := u.before.value
	switch {
	case errors.Is(err, ErrCorrupt) && replace:
		current = damaged
	case err != nil:
		return err
	case u.before.present():
		if _, current, err = unpack(u.name, u.account, current); err != nil && !replace {
			return err
		}
	}
	next, err := change(current)
	switch {
	case err != nil:
		return callersError{err}
	case len(next) > MaxValue:
		return callersError{fmt.Errorf("store %q in the keychain: %d bytes are more than the limit of %d", u.account, len(next), MaxValue)}
	case next == nil:
		return u.remove(ctx)
	case u.before.foreign():
		return fail(ErrDenied, "this would overwrite another program's item named %q", u.name)
	}
	return u.store(ctx, pack(u.name, u.account, next))
}

func (u *update) store(ctx context.Context, value []byte) error {
	limit := u.k.link.backend.Limit()
	err := u.k.retry(ctx, func(v Vault) (err error) {
		u.payload, err = writeParts(ctx, v, limit, u.name, u.before, value)
		return err
	})
	if err != nil {
		return err
	}
	set := func(v Vault) error { return v.Set(ctx, u.name, u.payload) }
	if err := u.writeItem(ctx, set, errNotKept); err != nil {
		return err
	}
	if h, _, _ := decode(u.payload); len(h.slots) < len(u.before.header.slots) {
		// The value is stored. If this fails, Delete sweeps the parts.
		_ = u.k.retry(ctx, func(v Vault) error {
			return sweepParts(ctx, v, u.name, len(h.slots), len(u.before.header.slots))
		})
	}
	return nil
}

// remove removes the account's item first, so that no reader finds it without its parts.
func (u *update) remove(ctx context.Context) error {
	if u.before.found && !u.before.foreign() && !u.before.header.deleted {
		del := func(v Vault) error { return v.Delete(ctx, u.name) }
		if err := u.writeItem(ctx, del, errNotRemoved); err != nil {
			return err
		}
	}
	if u.k.link.backend.Limit() == 0 {
		return nil
	}
	return u.k.retry(ctx, func(v Vault) error {
		return sweepParts(ctx, v, u.name, 0, len(u.before.header.slots))
	})
}

// writeItem changes the account's item by call and reads it back. It retries after a temporary failure if nothing was
// changed. ignored is the error if the keychain reported success and the item is not as written.
func (u *update) writeItem(ctx context.Context, call func(Vault) error, ignored error) error {
	u.unknown = true
	for try := 1; ; try++ {
		err := u.k.once(ctx, call)
		if err != nil && (ctx.Err() != nil || try >= tries(err)) {
			return err
		}
		state, readErr := u.readBack(ctx)
		if readErr != nil {
			return readErr
		}
		if state == asBefore && err != nil {
			continue
		}
		u.unknown = false
		switch {
		case state == asWritten:
			return nil
		case state == changed || err != nil:
			return fail(ErrChanged, "")
		}
		return ignored
	}
}

// state compares an item's payload with the one that was written and the one before.
type state int

const (
	asWritten state = iota
	asBefore
	gone
	changed
)

func (u *update) readBack(ctx context.Context) (s state, err error) {
	err = u.k.retry(ctx, func(v Vault) (err error) {
		s, err = u.compare(ctx, v)
		return err
	})
	return s, err
}

func (u *update) compare(ctx context.Context, v Vault) (state, error) {
	got, found, err := v.Get(ctx, u.name)
	if err != nil {
		return changed, err
	}
	none := !found || isMarker(got)
	switch {
	case u.payload == "" && none, u.payload != "" && got == u.payload:
		return asWritten, nil
	case got == u.before.payload, none && !u.before.present():
		return asBefore, nil
	case none, got == "":
		return gone, nil
	}
	return changed, nil
}

// isStored reports whether a write whose outcome is unknown was made. It reads on a new connection and has its own
// time limit.
func (u *update) isStored(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	v, err := u.k.link.backend.Open(ctx, Access{})
	if err != nil {
		return false
	}
	defer v.Close()
	s, err := u.compare(ctx, v)
	return err == nil && s == asWritten
}
