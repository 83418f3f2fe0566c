package keyring

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"github.com/danieljoos/wincred"
	gokeyring "github.com/zalando/go-keyring"
	"golang.org/x/sys/windows"
)

// credentialManager is Windows' Credential Manager, through go-keyring.
type credentialManager struct{ service string }

func platformBackend(service string, _ Options) Backend { return credentialManager{service} }

func (credentialManager) Name(context.Context) string { return "Windows Credential Manager" }

// Limit is Windows' 2560 bytes an item, less some room.
func (credentialManager) Limit() int { return 2500 }

func (c credentialManager) Open(context.Context, Access) (Vault, error) { return c, nil }

func (credentialManager) Close() {}

func (c credentialManager) Get(ctx context.Context, account string) (payload string, found bool, err error) {
	var got string
	err = bounded(ctx, nil, func() (err error) {
		got, err = gokeyring.Get(c.service, account)
		return err
	})
	if errors.Is(err, gokeyring.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, classifyErrno(err)
	}
	return got, true, nil
}

func (c credentialManager) Set(ctx context.Context, account, payload string) error {
	return classifyErrno(bounded(ctx, nil, func() error { return gokeyring.Set(c.service, account, payload) }))
}

func (c credentialManager) Delete(ctx context.Context, account string) error {
	err := bounded(ctx, nil, func() error { return gokeyring.Delete(c.service, account) })
	if errors.Is(err, gokeyring.ErrNotFound) {
		return nil
	}
	return classifyErrno(err)
}

// List returns the accounts of the targets named "service:account". It ignores case, as Windows does.
func (c credentialManager) List(ctx context.Context) ([]string, error) {
	var accounts []string
	err := bounded(ctx, nil, func() error {
		creds, err := wincred.FilteredList(c.service + ":*")
		if errors.Is(err, windows.ERROR_NOT_FOUND) {
			return nil
		}
		for _, cred := range creds {
			if name, ok := strings.CutPrefix(strings.ToLower(cred.TargetName), c.service+":"); ok {
				accounts = append(accounts, name)
			}
		}
		return err
	})
	if err != nil {
		return nil, classifyErrno(err)
	}
	return accounts, nil
}

func classifyErrno(err error) error {
	var errno syscall.Errno
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION):
		return fail(ErrUnavailable, "this session, as over SSH, has no Credential Manager")
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fail(ErrDenied, "")
	case errors.As(err, &errno):
		return fail(ErrUnavailable, "Windows error %d", uint32(errno))
	}
	return fail(ErrUnavailable, "the call failed")
}
