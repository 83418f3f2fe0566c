package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// place is a directory of a rule, or the working directory or one above it. info is nil if
// the system does not let this user look at it; then its path identifies it.
type place struct {
	path string // with the links resolved
	info fs.FileInfo
}

// placeOf returns a directory as it is on the disk; found is false if it does not exist.
func placeOf(dir string) (p place, found bool) {
	info, err := os.Stat(dir)
	if err == nil {
		return place{dir, info}, true
	}
	return place{path: private.RealPath(dir)}, !errors.Is(err, fs.ErrNotExist)
}

// same reports whether both are one directory. The file system decides: about links,
// mounts, and upper and lower case.
func (p place) same(q place) bool {
	if p.info == nil || q.info == nil {
		return private.RealPath(p.path) == private.RealPath(q.path)
	}
	return os.SameFile(p.info, q.info)
}

// target is an existing directory of a rule.
type target struct {
	place
	profile string
	dir     setting
}

// ruledProfile returns the profile of the rule for the working directory, and the
// directory that the rule names; "" if there is none. The rule for the nearest directory
// wins.
func (e Env) ruledProfile(c config) (profile, dir string, err error) {
	return c.inTime(ruleLimit, func() (target, error) { return e.ruleHere(c) })
}

// ruleLimit is how long the directories of the rules may take: one can be on a file server
// that does not answer.
const ruleLimit = 3 * time.Second

// inTime returns what find finds, or an error if that takes longer than limit.
func (c config) inTime(limit time.Duration, find func() (target, error)) (profile, dir string, err error) {
	type answer struct {
		target
		err error
	}
	found := make(chan answer, 1)
	go func() {
		t, err := find()
		found <- answer{t, err}
	}()
	select {
	case a := <-found:
		return a.profile, a.dir.value, a.err
	case <-time.After(limit):
		return "", "", HintError{fmt.Errorf("%s: a directory of the profile rules does not answer", c.path),
			"Name the profile with --profile or MOGPLEX_PROFILE."}
	}
}

// ruleHere returns the target of the rule for the working directory; the zero target if
// there is none.
func (e Env) ruleHere(c config) (target, error) {
	targets, err := e.targets(c)
	if err != nil || len(targets) == 0 {
		return target{}, err
	}
	here, err := os.Getwd()
	if err != nil {
		return target{}, HintError{fmt.Errorf("find the working directory, for the profile rules: %w", err),
			"Change to a directory that exists, or name the profile with --profile."}
	}
	for at := private.RealPath(here); ; at = filepath.Dir(at) {
		if p, found := placeOf(at); found {
			if t, err := c.ruleFor(p, targets); err != nil || t.profile != "" {
				return t, err
			}
		}
		if at == filepath.Dir(at) {
			return target{}, nil
		}
	}
}

// targets returns the directories of the rules that exist.
func (e Env) targets(c config) (all []target, err error) {
	for _, rule := range c.rules {
		for _, dir := range rule.dirs {
			path, err := e.expand(dir.value)
			if err != nil {
				return nil, HintError{c.wrong(dir.line, err.Error()), "Set HOME, or write the whole path there."}
			}
			if p, found := placeOf(path); found {
				all = append(all, target{p, rule.name.value, dir})
			}
		}
	}
	return all, nil
}

// expand returns the path of a rule's directory: ~ is the home directory.
func (e Env) expand(dir string) (string, error) {
	if dir[0] != '~' {
		return filepath.Abs(dir)
	}
	home, err := e.UserHome()
	if err != nil {
		home = e.UserDatabase()
	}
	if home == "" {
		return "", errors.New("the home directory is not known")
	}
	return filepath.Join(home, dir[1:]), nil
}

// ruleFor returns the target that is the directory p. Two rules for one directory are an
// error unless they choose the same profile.
func (c config) ruleFor(p place, targets []target) (found target, err error) {
	for _, t := range targets {
		switch {
		case !t.same(p):
		case found.profile == "":
			found = t
		case found.profile != t.profile:
			return target{}, c.wrong(t.dir.line, fmt.Sprintf("%s is the same directory as %s in line %d, which has another profile",
				text.Printable(t.dir.value), text.Printable(found.dir.value), found.dir.line))
		}
	}
	return found, nil
}
