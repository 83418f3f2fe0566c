//go:build !linux && !darwin && !windows

package keyring

import "context"

// noKeychain stands where this package knows none.
type noKeychain struct{}

func platformBackend(string) Backend { return noKeychain{} }

func (noKeychain) Name(context.Context) string { return "none" }

func (noKeychain) Limit() int { return 0 }

func (noKeychain) Open(context.Context, Access) (Vault, error) {
	return nil, fail(ErrUnavailable, "this platform has none that is known here")
}
