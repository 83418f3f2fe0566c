package settings

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// DefaultProfile is the profile that applies if nothing chooses another.
const DefaultProfile = "default"

// Choice is what chose the profile.
type Choice string

// The choices, in their order.
const (
	ByFlag    Choice = "flag"
	ByEnv     Choice = "env"
	ByRule    Choice = "rule"   // [[profile_rule]] in the user's config.toml
	BySwitch  Choice = "switch" // `auth switch`
	ByDefault Choice = "default"
	ByApp     Choice = "app" // /profile in the app, which comes before the others
)

// ProfileName returns the name of the profile for people and programs.
func (s Settings) ProfileName() string { return cmp.Or(s.Profile, DefaultProfile) }

// CommandProfile returns the profile that a command has to name to work on the same
// profile as this one. It is empty if `mogplex` uses that profile anyway.
func (s Settings) CommandProfile() string {
	if s.Profile == "" && (s.ChosenBy == "" || s.ChosenBy == ByDefault || s.ChosenBy == BySwitch) {
		return ""
	}
	return s.ProfileName()
}

// use makes a profile the one of the settings.
func (s *Settings) use(profile string, by Choice) {
	if s.ChosenBy = by; profile != DefaultProfile {
		s.Profile = profile
	}
}

// readNamedProfile reads the profile that the --profile flag, else MOGPLEX_PROFILE names.
func (e Env) readNamedProfile(s *Settings, flag string) error {
	name, by := flag, ByFlag
	if name == "" {
		name, by = e.Getenv("MOGPLEX_PROFILE"), ByEnv
	}
	switch {
	case name == "":
		return nil
	case !ValidProfile(name):
		return UsageError("a profile name must have " + profileShape)
	}
	s.use(name, by)
	return nil
}

const profileShape = "1 to 32 of a-z, 0-9, dash and underscore, and begin with a letter or a digit"

func ValidProfile(name string) bool {
	if name == "" || len(name) > 32 || strings.ContainsRune("-_", rune(name[0])) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// chooseProfile finds the profile of a rule for the working directory, else the one that
// `auth switch` chose, else the default one. It changes nothing.
func (e Env) chooseProfile(s *Settings, c config) error {
	if len(c.rules) > 0 {
		name, dir, err := e.ruledProfile(c)
		if err != nil {
			return err
		}
		if name != "" {
			s.use(name, ByRule)
			s.Rule = dir
			return nil
		}
	}
	if s.NoDir == nil {
		name, err := s.SwitchedProfile()
		if err != nil {
			return HintError{fmt.Errorf("read the profile that `auth switch` chose: %w", err),
				"Choose again with `mogplex auth switch NAME`, or name a profile with --profile."}
		}
		if name != "" {
			s.use(name, BySwitch)
			return nil
		}
	}
	s.use(DefaultProfile, ByDefault)
	return nil
}

// switchFile returns the path of the file that `auth switch` writes.
func (s Settings) switchFile() string { return filepath.Join(s.Dir, "profile") }

// switchLimit is the greatest size of that file, in bytes.
const switchLimit = 1 << 10

// SwitchedProfile returns what `auth switch` chose, or "" if it has chosen nothing. A file
// that can't be used is an error: another profile is another account.
func (s Settings) SwitchedProfile() (string, error) {
	path := s.switchFile()
	target, info, err := private.Resolve(path)
	if err == nil && info == nil && target == path {
		return "", nil
	}
	content, err := private.ReadTrusted(path, switchLimit)
	if err != nil { // among them a link that leads nowhere
		return "", fmt.Errorf("%s: %w", text.Printable(path), private.Cause(err))
	}
	name := strings.TrimSpace(string(content))
	if !ValidProfile(name) {
		return "", fmt.Errorf("%s: it does not hold the name of a profile", text.Printable(path))
	}
	return name, nil
}

// SwitchProfile makes the profile of the settings the one that applies if no flag,
// variable or rule chooses another.
func (s Settings) SwitchProfile() error {
	if s.NoDir != nil {
		return s.NoDir
	}
	path := s.switchFile()
	if target, info, err := private.Resolve(path); err == nil && info != nil && info.Mode().IsRegular() {
		path = target // the user's own link stays
	}
	err := private.Replace(path, []byte(s.ProfileName()+"\n"))
	var rename *os.LinkError
	switch {
	case err == nil || errors.Is(err, private.ErrUnsure):
		return nil
	case errors.As(err, &rename): // a directory that is not empty
		return HintError{fmt.Errorf("%s: %w", text.Printable(path), rename.Err), "Move it away, then try again."}
	}
	return fmt.Errorf("store the choice in %s: %w", s.switchFile(), private.Cause(err))
}

// ProfileNames returns the names of the profiles that have a directory or a rule, the
// default one first. It does not ask the keychain.
func (s Settings) ProfileNames() (names []string) {
	entries, _ := os.ReadDir(filepath.Join(s.Dir, "profiles")) // names alone: whoever reads the files reports errors
	for _, entry := range entries {
		if info, err := os.Stat(filepath.Join(s.Dir, "profiles", entry.Name())); err == nil && info.IsDir() {
			names = append(names, entry.Name())
		}
	}
	for _, rule := range s.config.rules {
		names = append(names, rule.name.value)
	}
	return SortedProfiles(names)
}

// Profiles returns the [Settings.ProfileNames] of the state directory, as far as the
// settings can be read.
func (e Env) Profiles() []string {
	s, _ := e.ReadSettings(DefaultProfile)
	return s.ProfileNames()
}

// SortedProfiles adds the default profile to names, puts it first, and drops repeated and
// invalid names.
func SortedProfiles(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return name == DefaultProfile || !ValidProfile(name) })
	slices.Sort(names)
	return slices.Insert(slices.Compact(names), 0, DefaultProfile)
}
