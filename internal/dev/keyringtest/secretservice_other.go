//go:build !linux

package keyringtest

import (
	"context"
	"errors"
)

var errLinuxOnly = errors.New("private keyring session: gnome-keyring runs on linux only")

// Session is a private keyring session; there is none on this platform.
type Session struct{}

// Available returns what is missing to run a session: on this platform, linux.
func Available() (missing string) { return "linux" }

// Start fails: there are no sessions on this platform.
func Start(context.Context, string, Options) (*Session, error) { return nil, errLinuxOnly }

// Address returns "".
func (*Session) Address() string { return "" }

// Env returns nil.
func (*Session) Env() []string { return nil }

// Lock fails.
func (*Session) Lock(context.Context) error { return errLinuxOnly }

// Unlock fails.
func (*Session) Unlock(context.Context) error { return errLinuxOnly }

// KillProvider fails.
func (*Session) KillProvider() error { return errLinuxOnly }

// RestartProvider fails.
func (*Session) RestartProvider(context.Context, bool) error { return errLinuxOnly }

// StopProvider fails.
func (*Session) StopProvider() error { return errLinuxOnly }

// ContinueProvider fails.
func (*Session) ContinueProvider() error { return errLinuxOnly }

// Forbid fails.
func (*Session) Forbid(context.Context) error { return errLinuxOnly }

// Prompt fails.
func (*Session) Prompt(Answer) (<-chan struct{}, error) { return nil, errLinuxOnly }

// Close does nothing.
func (*Session) Close() error { return nil }

// Items fails.
func (*Session) Items(context.Context, string) ([]string, error) { return nil, errLinuxOnly }
