// Package settings has what decides how mogplex runs: the environment, the user's
// config.toml, the profile that a rule or `auth switch` chooses, and the kind of place
// that it runs at.
//
// [Env.ReadSettings] reads it all once. It ignores every file of a project.
package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/login"
)

// StoreMode says where credentials may be stored.
type StoreMode string

// The store modes.
const (
	StoreAuto     StoreMode = "auto"     // the keychain or, with a warning, the file
	StoreKeychain StoreMode = "keychain" // never a file
	StoreFile     StoreMode = "file"     // never the keychain
)

// Settings are the settings in the environment, the --profile flag and the user's
// config.toml.
type Settings struct {
	Profile         string // empty: the default one
	ChosenBy        Choice // what chose the profile
	Rule            string // the directory of the rule that did, as config.toml has it
	Dir             string // the state directory
	Home            string // the directory of the profile in it
	Origin          string // of the account service
	Dev             bool   // allow plain http to a loopback address
	Store           StoreMode
	KeychainTimeout time.Duration // 0: the keyring's own
	CallbackPorts   []int         // nil: those of package login
	Notices         []string      // warnings for a person

	config   config // config.toml, if it was read
	Codex    bool   // Dir is Codex's: only read its auth.json
	NoDir    error  // why there is no state directory
	ReadOnly bool   // reading repairs no modes; see OpenReadOnly
}

// nowhere stands for a state directory that was not found. No file can be below it,
// so that a lookup finds nothing and a write fails.
var nowhere = filepath.Join(os.DevNull, "mogplex")

// ReadSettings reads the settings. An empty profile stands for the one that the
// environment, a rule or `auth switch` chooses. It ignores a project's own
// .mogplex/config.toml, which must not decide where tokens are stored or sent. After
// an error the fields that it has not read are empty.
func (e Env) ReadSettings(profile string) (Settings, error) {
	var s Settings
	root, err := e.stateDir(&s)
	if err != nil {
		root, s.NoDir = nowhere, err
	}
	s.Dir, s.Home = root, root
	if err = e.readNamedProfile(&s, profile); err != nil {
		return s, err
	}
	s.Dev = e.Getenv("MOGPLEX_DEV") == "1"
	if s.Origin, err = e.readOrigin(s.Dev); err != nil {
		return s, err
	}
	if s.CallbackPorts, err = e.readCallbackPorts(s.Dev); err != nil {
		return s, err
	}
	if s.KeychainTimeout, err = e.readKeychainTimeout(); err != nil {
		return s, err
	}
	err = e.readConfigured(&s)
	s.Home = auth.ProfileHome(s.Dir, s.Profile)
	return s, err
}

// readConfigured reads what the user's config.toml can decide: the store, the profile if
// nothing has named one, and the OAuth clients of services other than mogplex.com, which
// `logout --all` needs. Without a state directory there is no config.toml. A config.toml
// that can't be read is an error, because it may forbid files.
func (e Env) readConfigured(s *Settings) error {
	var c config
	if s.NoDir == nil {
		var err error
		if c, err = readConfigFile(filepath.Join(s.Dir, "config.toml")); err != nil {
			return err
		}
	}
	s.config = c
	if service := c.serviceAt(s.Origin); service != nil && s.CallbackPorts == nil {
		s.CallbackPorts = service.ports
	}
	var err error
	if s.Store, err = e.readStoreMode(e.Getenv("MOGPLEX_CREDENTIAL_STORE"), c); err != nil || s.ChosenBy != "" {
		return err
	}
	return e.chooseProfile(s, c)
}

// stateDir returns MOGPLEX_HOME, else the deprecated CODEX_HOME, else ~/.mogplex.
func (e Env) stateDir(s *Settings) (string, error) {
	dir := e.Getenv("MOGPLEX_HOME")
	if dir == "" {
		if dir = e.Getenv("CODEX_HOME"); dir != "" {
			s.Codex = true
			s.Notices = append(s.Notices, "CODEX_HOME is deprecated: set MOGPLEX_HOME to "+dir+" instead")
		}
	}
	if dir != "" {
		return filepath.Abs(dir)
	}
	home, err := e.UserHome()
	if err != nil {
		return "", HintError{fmt.Errorf("find the home directory: %w", err), "Set MOGPLEX_HOME to the directory to use."}
	}
	return filepath.Join(home, ".mogplex"), nil
}

func (e Env) readOrigin(dev bool) (string, error) {
	origin := e.Getenv("MOGPLEX_URL")
	if origin == "" {
		return auth.DefaultOrigin, nil
	}
	canonical, err := login.CheckOrigin(origin, dev)
	if err != nil {
		why := err
		if e := (*login.Error)(nil); errors.As(err, &e) {
			why = e.Err
		}
		return "", Reworded{err, "MOGPLEX_URL can't be used: " + why.Error()}
	}
	return canonical, nil
}

// readCallbackPorts reads the ports that a test sets to avoid those of other tests.
func (e Env) readCallbackPorts(dev bool) (ports []int, err error) {
	text := e.Getenv("MOGPLEX_CALLBACK_PORTS")
	if text == "" || !dev {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		port, err := strconv.ParseUint(part, 10, 16)
		if err != nil || port == 0 {
			return nil, badVariable(`MOGPLEX_CALLBACK_PORTS must be a list of ports such as "24816,24818"`)
		}
		ports = append(ports, int(port))
	}
	return ports, nil
}

// badVariable is a usage error with a hint about a variable.
func badVariable(message string) error {
	return HintError{UsageError(message), "Correct the variable, or unset it."}
}

func (e Env) readKeychainTimeout() (time.Duration, error) {
	text := e.Getenv("MOGPLEX_KEYCHAIN_TIMEOUT")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, badVariable(`MOGPLEX_KEYCHAIN_TIMEOUT must be a time such as "10s"`)
	}
	return d, nil
}

// readStoreMode reads MOGPLEX_CREDENTIAL_STORE, else credential_store in config.toml.
func (e Env) readStoreMode(variable string, c config) (StoreMode, error) {
	inFile := c.values["credential_store"]
	switch {
	case variable != "":
		return e.parseStoreMode("MOGPLEX_CREDENTIAL_STORE", variable)
	case inFile.value == "":
		return StoreAuto, nil
	}
	return e.parseStoreMode(fmt.Sprintf("%s: line %d: credential_store", c.path, inFile.line), inFile.value)
}

func (e Env) parseStoreMode(where, text string) (StoreMode, error) {
	if text == string(StoreAuto) || slices.Contains(e.Stores, text) {
		return StoreMode(text), nil
	}
	last := len(e.Stores) - 1
	return "", UsageError(where + ` is "auto", "` + strings.Join(e.Stores[:last], `", "`) + `" or "` + e.Stores[last] + `"`)
}

// Allows reports whether the settings allow a store.
func (s Settings) Allows(store string) bool {
	return s.Store == StoreAuto || string(s.Store) == store
}
