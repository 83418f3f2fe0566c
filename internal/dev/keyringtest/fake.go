package keyringtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// Fault is a state of failure of a [Fake]. Any process can set it.
type Fault string

// The faults of a Fake. Each lasts until [Fake.Clear].
const (
	Locked      Fault = "locked"      // ErrLocked at once
	Denied      Fault = "denied"      // ErrDenied at once
	Unavailable Fault = "unavailable" // ErrUnavailable at once
	Hangs       Fault = "hangs"       // answers nothing until the caller gives up
	Forgets     Fault = "forgets"     // accepts a write and stores nothing, as after a dismissed prompt
	ReadOnly    Fault = "readonly"    // reads, and refuses every write
)

// Fake is a keychain whose items are files of one directory, so that many processes share it. It implements
// [keyring.Backend], passes package keyring's contract test as the real ones do, and can be made to fail.
type Fake struct {
	Dir      string
	MaxBytes int // an item's limit; 0 is none
}

// Name implements keyring.Backend.
func (f Fake) Name(context.Context) string { return "fake keychain" }

// Limit implements keyring.Backend.
func (f Fake) Limit() int { return f.MaxBytes }

// Open implements keyring.Backend. A fault makes it fail, and each call on the vault that it returned.
func (f Fake) Open(ctx context.Context, _ keyring.Access) (keyring.Vault, error) {
	if err := f.fail(ctx); err != nil {
		return nil, err
	}
	return f, os.MkdirAll(f.Dir, 0o700)
}

// fail returns the error of a call in the fake's state of failure, nil if it has none.
func (f Fake) fail(ctx context.Context) error {
	switch {
	case f.has(Locked):
		return keyring.Failure(keyring.ErrLocked, "")
	case f.has(Denied):
		return keyring.Failure(keyring.ErrDenied, "")
	case f.has(Unavailable):
		return keyring.Failure(keyring.ErrUnavailable, "")
	case f.has(Hangs):
		err := f.countWait()
		<-ctx.Done()
		return errors.Join(ctx.Err(), err)
	}
	return ctx.Err()
}

// countWait adds to Waits.
func (f Fake) countWait() error {
	file, err := os.OpenFile(f.waitsPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write([]byte{'.'})
	return errors.Join(err, file.Close())
}

// Waits is how many calls a fake that hangs has received.
func (f Fake) Waits() int {
	waits, _ := os.ReadFile(f.waitsPath())
	return len(waits)
}

func (f Fake) waitsPath() string { return filepath.Join(f.Dir, ".waits") }

// Break puts the fake into a state of failure.
func (f Fake) Break(fault Fault) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(f.faultPath(fault), nil, 0o600)
}

// Clear ends a failure.
func (f Fake) Clear(fault Fault) error { return os.Remove(f.faultPath(fault)) }

func (f Fake) faultPath(fault Fault) string { return filepath.Join(f.Dir, "."+string(fault)) }

func (f Fake) has(fault Fault) bool {
	_, err := os.Stat(f.faultPath(fault))
	return err == nil
}

const itemSuffix = ".item"

func (f Fake) itemPath(account string) string { return filepath.Join(f.Dir, account+itemSuffix) }

// Close implements keyring.Vault.
func (Fake) Close() {}

// Get implements keyring.Vault.
func (f Fake) Get(ctx context.Context, account string) (string, bool, error) {
	if err := f.fail(ctx); err != nil {
		return "", false, err
	}
	var b []byte
	err := patiently(func() (err error) {
		b, err = os.ReadFile(f.itemPath(account))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(b), err == nil, err
}

// Set implements keyring.Vault: an item is replaced whole or not at all.
func (f Fake) Set(ctx context.Context, account, payload string) error {
	if err := f.writable(ctx); err != nil || f.has(Forgets) {
		return err
	}
	temp, err := os.CreateTemp(f.Dir, ".write-*")
	if err != nil {
		return err
	}
	_, err = temp.WriteString(payload)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return patiently(func() error { return os.Rename(temp.Name(), f.itemPath(account)) })
}

// patiently retries, because Windows does not open a file that is being replaced, or replace one that somebody reads.
func patiently(do func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := do()
		if runtime.GOOS != "windows" || err == nil || errors.Is(err, fs.ErrNotExist) || wait > time.Second {
			return err
		}
		time.Sleep(wait)
	}
}

// Delete implements keyring.Vault.
func (f Fake) Delete(ctx context.Context, account string) error {
	if err := f.writable(ctx); err != nil || f.has(Forgets) {
		return err
	}
	err := patiently(func() error { return os.Remove(f.itemPath(account)) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f Fake) writable(ctx context.Context) error {
	if f.has(ReadOnly) {
		return keyring.Failure(keyring.ErrDenied, "it is read-only")
	}
	return f.fail(ctx)
}

// List implements keyring.Vault.
func (f Fake) List(ctx context.Context) ([]string, error) {
	if err := f.fail(ctx); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return nil, err
	}
	var accounts []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), itemSuffix); ok {
			accounts = append(accounts, name)
		}
	}
	return accounts, nil
}
