package keyring

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	// maxName leaves room for a part's suffix within Windows' limits.
	maxName = 120
	// maxAccount bounds account names, some of which are stored inside an item.
	maxAccount = 4096
	// An item's name begins with escapedMark if the account's name is not a valid keychain name, and with hashedMark if
	// it is too long as well: then the item holds the account's name before the value.
	escapedMark = "x--"
	hashedMark  = "x---"
)

// ValidName returns nil for a name that every platform keeps unchanged: 1 to 120 of a-z 0-9 . _ -, beginning with a
// letter or a digit, without two dots in a row. A service needs such a name; an account may have any name of up to 4096
// bytes, which is escaped. Other characters can inject a command into macOS' security, or fold into another name on
// Windows.
func ValidName(name string) error {
	switch {
	case name == "" || len(name) > maxName:
		return fmt.Errorf("a keychain name has 1 to %d characters", maxName)
	case strings.Contains(name, ".."):
		return errors.New("a keychain name has no two dots in a row")
	case strings.ContainsRune("._-", rune(name[0])):
		return errors.New("a keychain name begins with a letter or a digit")
	}
	for _, c := range []byte(name) {
		if !isNameByte(c) {
			return errors.New("a keychain name has only a-z, 0-9, dot, dash and underscore")
		}
	}
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

// itemName returns the name of an account's item: the account's own if that is valid, else an escaped or hashed one. No
// two accounts share an item.
func itemName(account string) (string, error) {
	switch {
	case account == "" || len(account) > maxAccount:
		return "", fmt.Errorf("an account name has 1 to %d bytes", maxAccount)
	case ValidName(account) == nil && !strings.HasPrefix(account, escapedMark):
		return account, nil
	}
	var b strings.Builder
	b.WriteString(escapedMark)
	for _, c := range []byte(account) {
		if isNameByte(c) && c != '_' && c != '.' && c != '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	if b.Len() <= maxName {
		return b.String(), nil
	}
	sum := sha256.Sum256([]byte(account))
	return hashedMark + hex.EncodeToString(sum[:]), nil
}

// isHashed reports whether an item's name is a hash of its account's.
func isHashed(name string) bool { return strings.HasPrefix(name, hashedMark) }

// accountName undoes itemName for a name that is not hashed. Another program's name is returned as it is.
func accountName(name string) string {
	text, escaped := strings.CutPrefix(name, escapedMark)
	if !escaped || isHashed(name) {
		return name
	}
	var account []byte
	for len(text) > 0 {
		c, rest := text[0], text[1:]
		if c == '_' {
			if len(rest) < 2 {
				return name
			}
			b, err := hex.DecodeString(rest[:2])
			if err != nil {
				return name
			}
			c, rest = b[0], rest[2:]
		}
		account, text = append(account, c), rest
	}
	return string(account)
}

// pack puts the account's name before the value if the item's name is hashed.
func pack(name, account string, value []byte) []byte {
	if !isHashed(name) {
		return value
	}
	return append(append([]byte(account), 0), value...)
}

// unpack undoes pack. Without an account (in List) it takes the name up to the first NUL byte.
func unpack(name, account string, packed []byte) (string, []byte, error) {
	if !isHashed(name) {
		return accountName(name), packed, nil
	}
	if account == "" {
		account, _, _ = strings.Cut(string(packed), "\x00")
	}
	value, ok := strings.CutPrefix(string(packed), account+"\x00")
	if !ok {
		return "", nil, fail(ErrCorrupt, "it belongs to another account")
	}
	return account, []byte(value), nil
}
