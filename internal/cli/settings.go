package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/login"
)

// defaultProfile is the profile that is used if none is named.
const defaultProfile = "default"

// storeMode says where credentials may be kept.
type storeMode string

const (
	storeAuto     storeMode = "auto"     // the keychain, else the file, said out loud
	storeKeychain storeMode = "keychain" // never a file
	storeFile     storeMode = "file"     // never the keychain
)

// settings are what the environment, the flags and the user's config.toml say.
type settings struct {
	profile         string // "" for the default one
	base            string // the state directory
	home            string // the same for the profile in force
	origin          string
	dev             bool // plain http to a loopback address is allowed
	store           storeMode
	keychainTimeout time.Duration // 0: the keyring's own
	callbackPorts   []int         // nil: those of package login
	codex           bool          // base is Codex's: its auth.json is only read
	notices         []string
	homeless        error // why there is no state directory
}

// loadSettings reads the settings. A project's own .mogplex/config.toml is not
// looked at: it may not decide where tokens are kept or sent.
func (p *program) loadSettings(profile string) (settings, error) {
	var s settings
	root, err := p.stateRoot(&s)
	if err != nil {
		root, s.homeless = nowhere, err
	}
	if profile == "" {
		profile = p.getenv("MOGPLEX_PROFILE")
	}
	if profile != "" && profile != defaultProfile {
		if !validProfile(profile) {
			return s, usageError{"a profile's name has 1 to 32 of a-z, 0-9, dash and underscore, and begins with a letter or a digit"}
		}
		s.profile = profile
	}
	s.base, s.home = root, auth.ProfileHome(root, s.profile)
	s.dev = p.getenv("MOGPLEX_DEV") == "1"
	if s.origin, err = p.readOrigin(s.dev); err != nil {
		return s, err
	}
	if s.callbackPorts, err = p.readCallbackPorts(s.dev); err != nil {
		return s, err
	}
	if s.keychainTimeout, err = p.readKeychainTimeout(); err != nil {
		return s, err
	}
	if s.homeless != nil && p.getenv("MOGPLEX_CREDENTIAL_STORE") == "" {
		s.store = storeAuto
		return s, nil
	}
	s.store, err = p.readStoreMode(root)
	return s, err
}

func (p *program) getenv(name string) string {
	value, _ := p.lookupEnv(name)
	return strings.TrimSpace(value)
}

// stateRoot is MOGPLEX_HOME, else the deprecated CODEX_HOME, else ~/.mogplex.
func (p *program) stateRoot(s *settings) (string, error) {
	dir := p.getenv("MOGPLEX_HOME")
	if dir == "" {
		if dir = p.getenv("CODEX_HOME"); dir != "" {
			s.codex = true
			s.notices = append(s.notices, "CODEX_HOME is deprecated: set MOGPLEX_HOME to "+dir+" instead")
		}
	}
	if dir != "" {
		return filepath.Abs(dir)
	}
	home, err := p.userHome()
	if err != nil {
		return "", hinted{fmt.Errorf("find the home directory: %w", err), "Set MOGPLEX_HOME to the directory to use."}
	}
	return filepath.Join(home, ".mogplex"), nil
}

func validProfile(name string) bool {
	if len(name) > 32 || strings.ContainsRune("-_", rune(name[0])) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func (p *program) readOrigin(dev bool) (string, error) {
	origin := p.getenv("MOGPLEX_URL")
	if origin == "" {
		return auth.DefaultOrigin, nil
	}
	canonical, err := login.CheckOrigin(origin, dev)
	if err != nil {
		return "", fmt.Errorf("MOGPLEX_URL: %w", err)
	}
	return canonical, nil
}

// readCallbackPorts reads the ports that tests set, so that no two of them share a port.
func (p *program) readCallbackPorts(dev bool) (ports []int, err error) {
	text := p.getenv("MOGPLEX_CALLBACK_PORTS")
	if text == "" || !dev {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		port, err := strconv.ParseUint(part, 10, 16)
		if err != nil || port == 0 {
			return nil, usageError{`MOGPLEX_CALLBACK_PORTS is a list of ports such as "24816,24818"`}
		}
		ports = append(ports, int(port))
	}
	return ports, nil
}

func (p *program) readKeychainTimeout() (time.Duration, error) {
	text := p.getenv("MOGPLEX_KEYCHAIN_TIMEOUT")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usageError{`MOGPLEX_KEYCHAIN_TIMEOUT is a time such as "10s"`}
	}
	return d, nil
}

// readStoreMode reads MOGPLEX_CREDENTIAL_STORE, else credential_store of the user's
// config.toml. A config that can't be read is an error: it may forbid files.
func (p *program) readStoreMode(root string) (storeMode, error) {
	if mode := p.getenv("MOGPLEX_CREDENTIAL_STORE"); mode != "" {
		return parseStoreMode("MOGPLEX_CREDENTIAL_STORE", mode)
	}
	path := filepath.Join(root, "config.toml")
	text, err := readConfig(path)
	if errors.Is(err, fs.ErrNotExist) {
		return storeAuto, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the settings: %w", err)
	}
	found, err := readSettings(path, text)
	mode := found["credential_store"]
	if err != nil || mode.value == "" {
		return storeAuto, err
	}
	return parseStoreMode(fmt.Sprintf("%s: line %d: credential_store", path, mode.line), mode.value)
}

func parseStoreMode(where, text string) (storeMode, error) {
	switch mode := storeMode(text); mode {
	case storeAuto, storeKeychain, storeFile:
		return mode, nil
	}
	return "", usageError{where + ` is "auto", "keychain" or "file"`}
}
