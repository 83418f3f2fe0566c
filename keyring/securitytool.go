package keyring

import (
	"bytes"
	"strings"
)

// This file parses the output of macOS' `security` on every platform, so that every platform tests it;
// keychain_darwin.go runs the tool.

// accountsInDump returns our accounts from the output of `security dump-keychain`. An item begins with a line
// "keychain:", and its attributes are lines such as
//
//	"svce"<blob>="mogplex"
//	"acct"<blob>=0x6164C3A1  "ad\303\241"
//	"type"<uint32>=<NULL>
//
// A value with anything but printable ASCII is in hexadecimal; such an item is another program's.
func accountsInDump(dump []byte, service string) []string {
	var accounts []string
	account, ours := "", false
	end := func() {
		if ours && account != "" {
			accounts = append(accounts, account)
		}
		account, ours = "", false
	}
	for line := range bytes.Lines(dump) {
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "keychain:") {
			end()
		}
		if value, ok := quoted(text, `"acct"<blob>=`); ok {
			account = value
		}
		if value, ok := quoted(text, `"svce"<blob>=`); ok {
			ours = value == service
		}
	}
	end()
	return accounts
}

// quoted returns the value of an attribute's line, if it is quoted text.
func quoted(line, attribute string) (string, bool) {
	value, ok := strings.CutPrefix(line, attribute+`"`)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(value, `"`)
}

// statusNotFound is errSecItemNotFound.
const statusNotFound = 44

// statusError returns the classed error for an exit code of security, which is the low byte of the OSStatus.
func statusError(code int) error {
	switch code {
	case 36: // errSecInteractionNotAllowed
		return fail(ErrLocked, "macOS can't ask for its password here, as over SSH")
	case 51, 128: // errSecAuthFailed, userCanceledErr
		return fail(ErrDenied, "the password was wrong or the prompt was dismissed")
	case 37, 50: // errSecNoDefaultKeychain, errSecNoSuchKeychain
		return fail(ErrUnavailable, "this account has no keychain")
	}
	return fail(ErrUnavailable, "security ended with status %d", code)
}
