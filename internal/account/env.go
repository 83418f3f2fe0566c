package account

import (
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// Env is what surrounds the program. Tests replace it. Every field has to be set.
type Env struct {
	LookupEnv    func(string) (string, bool)
	UserHome     func() (string, error)
	UserDatabase func() string // the home that the user database names
	Now          func() time.Time
	OpenKeyring  func(keyring.Options) *keyring.Keyring
	// Attended reports whether a person can answer a prompt of the keychain.
	Attended func() bool
	// BeforeLock is called before a lock is taken: a signal must not cut what
	// follows.
	BeforeLock func()
	Version    string // of the program, for the user agent
}

// Getenv returns a variable without the space around it.
func (e Env) Getenv(name string) string {
	value, _ := e.LookupEnv(name)
	return strings.TrimSpace(value)
}

// Site recognizes the kind of site that the program runs at.
func (e Env) Site() Site {
	return siteOf(runtime.GOOS, e.LookupEnv, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

// Variables returns a lookup of variables by name in pairs such as os.Environ's, as
// the system named by goos (as in runtime.GOOS) looks them up.
func Variables(goos string, pairs []string) func(name string) (string, bool) {
	found := map[string]string{}
	for _, pair := range pairs {
		// Windows has pairs such as `=C:=C:\Users`, which are no variables.
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			found[envKey(goos, name)] = value
		}
	}
	return func(name string) (string, bool) {
		value, ok := found[envKey(goos, name)]
		return value, ok
	}
}

// envKey is the map key of a variable: to Windows Path and PATH are the same one.
func envKey(goos, name string) string {
	if goos == "windows" {
		return strings.ToUpper(name)
	}
	return name
}
