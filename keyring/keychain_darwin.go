package keyring

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

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
	if errors.Is(err, gokeyring.ErrNotFound) {
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
	if errors.Is(err, gokeyring.ErrNotFound) {
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

// accountsInDump picks our accounts from `security dump-keychain`: items begin
// with "keychain:", attributes are lines like `"svce"<blob>="mogplex"`.
func accountsInDump(dump []byte, service string) []string {
	var accounts []string
	account, ours := "", false
	flush := func() {
		if ours && account != "" {
			accounts = append(accounts, account)
		}
		account, ours = "", false
	}
	lines := bufio.NewScanner(bytes.NewReader(dump))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "keychain:") {
			flush()
		}
		if value, ok := strings.CutPrefix(line, `"acct"<blob>=`); ok {
			account = strings.Trim(value, `"`)
		}
		if line == fmt.Sprintf(`"svce"<blob>=%q`, service) {
			ours = true
		}
	}
	flush()
	return accounts
}

// classifyStatus reads security's exit code, the low byte of the OSStatus.
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
	switch code := exit.ExitCode(); code {
	case 36: // errSecInteractionNotAllowed
		return fail(ErrLocked, "macOS may not ask for its password here, as over SSH")
	case 51, 128: // errSecAuthFailed, userCanceledErr
		return fail(ErrDenied, "the password was wrong or the prompt was dismissed")
	case 37, 50: // errSecNoDefaultKeychain, errSecNoSuchKeychain
		return fail(ErrUnavailable, "this account has no keychain")
	default:
		return fail(ErrUnavailable, "security ended with status %d", code)
	}
}
