package keyring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// dumpedItem is an item as `security dump-keychain` prints it.
func dumpedItem(class, account, service string) string {
	return fmt.Sprintf(`keychain: "/Users/ada/Library/Keychains/login.keychain-db"
version: 512
class: %s
attributes:
    0x00000007 <blob>=%s
    0x00000008 <blob>=<NULL>
    "acct"<blob>=%s
    "cdat"<timedate>=0x32303236313132333132303030305A00  "20261123120000Z\000"
    "crtr"<uint32>=<NULL>
    "cusi"<sint32>=<NULL>
    "desc"<blob>=<NULL>
    "gena"<blob>=<NULL>
    "icmt"<blob>=<NULL>
    "mdat"<timedate>=0x32303236313132333132303030305A00  "20261123120000Z\000"
    "svce"<blob>=%s
    "type"<uint32>=<NULL>
`, class, service, account, service)
}

const dumpedCertificate = `keychain: "/Library/Keychains/System.keychain"
version: 256
class: 0x80001000 
attributes:
    "alis"<blob>="com.apple.systemdefault"
    "hpky"<blob>=0x6164  "ad\303"
    "subj"<blob>=0x3031  "01\012"
`

func TestOnlyItemsOfOursAreFoundInADumpOfTheMacKeychain(t *testing.T) {
	const ours = `"mogplex"`
	long := `"` + strings.Repeat("x", 2<<20) + `"`
	for _, test := range []struct {
		name string
		dump string
		want []string
	}{
		{"nothing", "", nil},
		{"one", dumpedItem(`"genp"`, `"openai"`, ours), []string{"openai"}},
		{"several, and a part", dumpedItem(`"genp"`, `"openai"`, ours) + dumpedCertificate + dumpedItem(`"genp"`, `"work.mogplex..00..1"`, ours),
			[]string{"openai", "work.mogplex..00..1"}},
		{"another service", dumpedItem(`"genp"`, `"openai"`, `"gh:github.com"`), nil},
		{"a service that begins like ours", dumpedItem(`"genp"`, `"openai"`, `"mogplex2"`), nil},
		{"an account in hexadecimal", dumpedItem(`"genp"`, `0x6164C3A1  "ad\303\241"`, ours), nil},
		{"a service in hexadecimal", dumpedItem(`"genp"`, `"openai"`, `0x6D6F67C3A1  "mog\303\241"`), nil},
		{"no account", dumpedItem(`"genp"`, `<NULL>`, ours), nil},
		{"no service", dumpedItem(`"genp"`, `"openai"`, `<NULL>`), nil},
		{"an empty account", dumpedItem(`"genp"`, `""`, ours), nil},
		{"another's account is not taken for the next one's", dumpedItem(`"genp"`, `"theirs"`, `"other"`) + dumpedItem(`"genp"`, `<NULL>`, ours), nil},
		{"cut off", strings.TrimSuffix(dumpedItem(`"genp"`, `"openai"`, ours), "\"\n    \"type\"<uint32>=<NULL>\n"), nil},
		{"carriage returns", strings.ReplaceAll(dumpedItem(`"genp"`, `"openai"`, ours), "\n", "\r\n"), []string{"openai"}},
		{"after a line of two megabytes", dumpedItem(`"genp"`, long, `"other"`) + dumpedItem(`"genp"`, `"openai"`, ours), []string{"openai"}},
	} {
		if got := accountsInDump([]byte(test.dump), "mogplex"); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q; want %q", test.name, got, test.want)
		}
	}
}

func FuzzDump(f *testing.F) {
	f.Add([]byte(dumpedItem(`"genp"`, `"openai"`, `"mogplex"`)))
	f.Add([]byte(dumpedCertificate))
	f.Fuzz(func(t *testing.T, dump []byte) {
		for _, account := range accountsInDump(dump, "mogplex") {
			if account == "" || strings.Contains(account, "\n") || !strings.Contains(string(dump), `"acct"<blob>="`+account) {
				t.Errorf("%q is not in the dump", account)
			}
		}
	})
}

// The exit codes of `security`, with their names in SecBase.h.
func TestAMacReachedBySSHIsLockedAndNotEmpty(t *testing.T) {
	for code, want := range map[int]error{
		36:             ErrLocked,      // errSecInteractionNotAllowed -25308: over SSH
		51:             ErrDenied,      // errSecAuthFailed -25293: a wrong password
		128:            ErrDenied,      // userCanceledErr -128: the prompt was dismissed
		37:             ErrUnavailable, // errSecNoDefaultKeychain -25307
		50:             ErrUnavailable, // errSecNoSuchKeychain -25294
		1:              ErrUnavailable,
		statusNotFound: ErrUnavailable, // nothing was looked up, as by dump-keychain
		45:             ErrUnavailable, // errSecDuplicateItem -25299
		-1:             ErrUnavailable, // ended by a signal
	} {
		if err := statusError(code); !errors.Is(err, want) {
			t.Errorf("status %d: %v; want %v", code, err, want)
		}
	}
}
