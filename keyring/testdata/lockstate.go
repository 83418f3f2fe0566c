//go:build ignore

package keyring

import (
	"context"
	"os"
	"path/filepath"
)

// keychainLocked reads the state from files that the tests put among the stand-in's items.
func keychainLocked() (locked bool, status int32) {
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(os.Getenv("SECURITY_ITEMS"), name))
		return err == nil
	}
	if there("none") {
		return false, noDefaultKeychain
	}
	return there("locked"), 0
}

// SetOnPlatform sets an item as a vault does, without reading it first.
func SetOnPlatform(ctx context.Context, service, account, payload string) {
	v, err := platformBackend(service, Options{}).Open(ctx, Access{Attended: true, OnPrompt: func() {}})
	if err == nil {
		_ = v.Set(ctx, account, payload)
	}
}
