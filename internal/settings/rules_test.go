package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The rule for the nearest directory wins, whatever links lead there. Only a directory
// itself counts, not one whose name begins like it.
func TestTheNearestRuleWins(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"home/work/deep/er", "home/workshop", "data/project", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	links := os.Symlink(filepath.Join(root, "data"), filepath.Join(root, "home", "linked")) == nil
	env := Env{UserHome: func() (string, error) { return filepath.Join(root, "home"), nil }}
	config, err := readConfig("config.toml", fmt.Appendf(nil, `
[[profile_rule]]
name = "deep"
dirs = ["~/work/deep/"]
[[profile_rule]]
name = "work"
dirs = ["~/absent", "~/./work"]
[[profile_rule]]
name = "linked"
dirs = ["~/linked"]
[[profile_rule]]
name = "default"
dirs = ['%s']
`, filepath.Join(root, "elsewhere")))
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"home": "", "home/work": "work", "home/workshop": "", "home/work/deep": "deep", "home/work/deep/er": "deep",
		"data/project": "linked", "home/linked/project": "linked", "data": "linked", "elsewhere": "default",
	} {
		if want == "linked" && !links {
			continue
		}
		t.Chdir(filepath.Join(root, dir))
		if got, _, err := env.ruledProfile(config); got != want || err != nil {
			t.Errorf("in %s the profile is %q, want %q: %v", dir, got, want, err)
		}
	}
}

func TestTwoRulesForOneDirectoryAreAnError(t *testing.T) {
	root := t.TempDir()
	env := Env{UserHome: func() (string, error) { return "", errors.New("HOME is not set") }, UserDatabase: func() string { return root }}
	config, err := readConfig("config.toml", fmt.Appendf(nil, `
[[profile_rule]]
name = "a"
dirs = ["~"]
[[profile_rule]]
name = "b"
dirs = ['%s']
`, root))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	_, _, err = env.ruledProfile(config)
	if err == nil || !strings.Contains(err.Error(), "line 7: ") || !strings.Contains(err.Error(), "in line 4") {
		t.Error(err)
	}
	env.UserDatabase = func() string { return "" }
	if _, _, err = env.ruledProfile(config); err == nil || !strings.Contains(err.Error(), "line 4: the home directory is not known") {
		t.Error(err)
	}
}

func TestADirectoryThatDoesNotAnswerIsAnError(t *testing.T) {
	t.Parallel()
	answers := make(chan struct{})
	defer close(answers)
	_, _, err := config{path: "config.toml"}.inTime(time.Millisecond, func() (target, error) {
		<-answers
		return target{profile: "late"}, nil
	})
	if own := (HintError{}); !errors.As(err, &own) || !strings.Contains(own.Hint, "--profile") {
		t.Error(err)
	}
}
