package keyring

import (
	"context"
	"errors"
	"os"
	"os/exec"

	gokeyring "github.com/zalando/go-keyring"
)

// securityTool is what go-keyring drives; listing is by the same tool.
const securityTool = "/usr/bin/security"

// macKeychain is the macOS login keychain, through go-keyring.
type macKeychain struct{ service string }

func platformBackend(service string) Backend { return macKeychain{service} }

func (macKeychain) Name(context.Context) string { return "macOS Keychain" }

// Limit keeps the command line that go-keyring writes to `security -i`, with
// the payload in base64, below that tool's 4096 bytes.
func (macKeychain) Limit() int { return 2500 }

func (m macKeychain) Open(context.Context, Access) (Vault, error) {
	if _, err := os.Stat(securityTool); err != nil {
		return nil, fail(ErrUnavailable, "%s is not there", securityTool)
	}
	return m, nil
}

func (macKeychain) Close() {}

func (m macKeychain) Get(ctx context.Context, account string) (payload string, found bool, err error) {
	var got string
	err = bounded(ctx, nil, func() (err error) {
		got, err = gokeyring.Get(m.service, account)
		return err
	})
	if isNotFound(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, classifyStatus(err)
	}
	return got, true, nil
}

func (m macKeychain) Set(ctx context.Context, account, payload string) error {
	return classifyStatus(bounded(ctx, nil, func() error { return gokeyring.Set(m.service, account, payload) }))
}

func (m macKeychain) Delete(ctx context.Context, account string) error {
	err := bounded(ctx, nil, func() error { return gokeyring.Delete(m.service, account) })
	if isNotFound(err) {
		return nil
	}
	return classifyStatus(err)
}

// List reads the attributes of the default keychains, which shows no secret
// and asks for no permission.
func (m macKeychain) List(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, securityTool, "dump-keychain").Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, classifyStatus(err)
	}
	return accountsInDump(out, m.service), nil
}

// isNotFound goes by the exit code as well: go-keyring reads the tool's words,
// which are English only where macOS is.
func isNotFound(err error) bool {
	var exit *exec.ExitError
	return errors.Is(err, gokeyring.ErrNotFound) || errors.As(err, &exit) && exit.ExitCode() == statusNotFound
}

// classifyStatus gives what running security came to its class.
func classifyStatus(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return fail(ErrUnavailable, "an item was too big for it")
	case !errors.As(err, &exit):
		return fail(ErrUnavailable, "%s could not be run", securityTool)
	}
	return statusError(exit.ExitCode())
}
