package settings

import (
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// Env is the environment of the program. Tests replace it. Every field must be set.
type Env struct {
	LookupEnv    func(string) (string, bool)
	UserHome     func() (string, error)
	UserDatabase func() string // the home directory in the user database
	Now          func() time.Time
	OpenKeyring  func(keyring.Options) *keyring.Keyring
	// Attended reports whether a person can answer a prompt of the keychain.
	Attended func() bool
	// BeforeLock is called before a lock is taken: no signal may interrupt the work
	// under the lock.
	BeforeLock func()
	Version    string   // of the program, for the user agent
	Stores     []string // the names of the stores that credential_store may name
}

// Getenv returns a variable without leading and trailing space.
func (e Env) Getenv(name string) string {
	value, _ := e.LookupEnv(name)
	return strings.TrimSpace(value)
}

// Site returns the kind of site that the program runs at.
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
		// Windows has pairs such as `=C:=C:\Users`, which are not variables.
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			found[envKey(goos, name)] = value
		}
	}
	return func(name string) (string, bool) {
		value, ok := found[envKey(goos, name)]
		return value, ok
	}
}

// envKey returns the map key of a variable. On Windows Path and PATH are the same
// variable.
func envKey(goos, name string) string {
	if goos == "windows" {
		return strings.ToUpper(name)
	}
	return name
}
