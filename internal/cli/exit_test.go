package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// Short names for the exit codes.
const (
	exitOK          = outcome.OK
	exitFailure     = outcome.Failure
	exitUsage       = outcome.Usage
	exitNotSignedIn = outcome.NotSignedIn
	exitForbidden   = outcome.Forbidden
	exitUnavailable = outcome.Unavailable
	exitTryAgain    = outcome.TryAgain
	exitInterrupted = outcome.Interrupted
)

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// JSON that could not be written is an error.
func TestJSONThatIsNotWrittenIsAnError(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	p := newProgram()
	p.stdout, p.stderr = full{}, &said
	p.env.LookupEnv = func(string) (string, bool) { return "", false }
	p.env.UserHome = func() (string, error) { return t.TempDir(), nil }
	code := p.run(t.Context(), []string{"mogplex", "models", "--provider", "--json"})
	if code != exitUsage || !strings.Contains(said.String(), "-provider") {
		t.Errorf("exit %d: %q", code, said.String())
	}
	said.Reset()
	p.printed = true
	p.stdout = &checkedWriter{err: errors.New("no space left on device")}
	if code := p.fail(errors.New("write to stdout: no space left on device")); code != exitFailure || !strings.Contains(said.String(), "no space left") {
		t.Errorf("exit %d: %q", code, said.String())
	}
}

// Without a home directory the error says what to set.
func TestNoHomeDirectory(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	p := newProgram()
	p.stdout, p.stderr = &said, &said
	p.env.LookupEnv = func(string) (string, bool) { return "", false }
	p.env.UserHome = func() (string, error) { return "", errors.New("$HOME is not defined") }
	if code := p.run(t.Context(), []string{"mogplex"}); code != exitFailure || !strings.Contains(said.String(), "Set MOGPLEX_HOME") {
		t.Errorf("exit %d: %q", code, said.String())
	}
}

// A write prevented by another process or a later version has no hint about
// permissions.
func TestAWritePreventedByOthersHasItsOwnHint(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]sessionlog.Const{
		auth.ErrClaimed: "busy", auth.ErrConflict: "busy", keyring.ErrChanged: "busy", legacyfile.ErrChanged: "busy",
		auth.ErrLater: "later_version",
	} {
		if got := outcome.Of(fmt.Errorf("%w: %w", auth.ErrNotSaved, cause)); got.Code != want {
			t.Errorf("%v: %v", cause, got)
		}
	}
}
