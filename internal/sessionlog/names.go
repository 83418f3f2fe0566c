package sessionlog

import "bytes"

// What the name of a pair says of its value.
const (
	notSecret = iota
	maybe     // a secret where it looks like one, such as a code or a state
	secret
)

// nameStems make a name a secret's wherever they are in it. Whoever adds one
// takes 5 letters or more.
var nameStems = []string{
	"token", "secret", "passw", "passphrase", "authorization", "cookie", "credential", "assertion", "signature",
	"apikey", "api_key", "api-key", "privatekey", "private_key", "private-key", "accesskey", "access_key", "access-key",
	"signingkey", "signing_key", "signing-key", "encryptionkey", "encryption_key", "encryption-key",
	"masterkey", "master_key", "master-key", "accountkey", "account_key", "account-key", "sharedkey", "shared_key",
	"shared-key", "sessionkey", "session_key", "session-key", "verifier", "device_code", "devicecode", "device-code",
	"user_code", "usercode", "user-code", "authcode", "auth_code", "auth-code",
}

// shortNames and weakNames count only where they are the whole name, or what
// follows the last dot of it.
var (
	shortNames = []string{"pwd", "pass", "auth", "pin", "sig", "otp", "bearer", "jwt"}
	weakNames  = []string{"code", "state", "key", "access", "refresh", "nonce", "session", "sid"}
)

// harmless names have a stem and no secret: counts, kinds and addresses.
var harmless = []string{"tokens", "token_type", "tokentype", "token_endpoint", "tokenendpoint", "credential_store", "credentialstore"}

// nameKind says what the value of a name is.
func nameKind(name []byte) int {
	for _, stem := range nameStems {
		if i := indexFold(name, stem); i >= 0 {
			for _, h := range harmless {
				if len(name) >= len(h) && hasFold(name[len(name)-len(h):], h) {
					return notSecret
				}
			}
			return secret
		}
	}
	last := bytes.TrimLeft(name[bytes.LastIndexByte(name, '.')+1:], "-") // of a flag
	for i, names := range [][]string{weakNames, shortNames} {
		for _, n := range names {
			if len(n) == len(last) && hasFold(last, n) {
				return maybe + i
			}
		}
	}
	return notSecret
}

// looksRandom reports that a value is more than a word: 8 bytes or more of both
// letters and digits, or of lower and upper case as in no word.
func looksRandom(value []byte) bool {
	var lower, upper, digit int
	for _, c := range value {
		switch {
		case 'a' <= c && c <= 'z':
			lower++
		case 'A' <= c && c <= 'Z':
			upper++
		case '0' <= c && c <= '9':
			digit++
		}
	}
	return len(value) >= 8 && (digit > 0 && lower+upper > 0 || lower > 0 && upper > 1 || digit >= 8)
}

func isNameByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '.'
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
