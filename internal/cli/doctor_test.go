package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func TestDoctorEndsWhateverHangs(t *testing.T) {
	deep.Only(t)
	t.Parallel()
	for path, want := range map[string]string{ // of the service
		"/":       "fail service",
		"/api/v1": "fail token",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			if err := w.fake().Break(keyringtest.Hangs); err != nil {
				t.Fatal(err)
			}
			w.service.Fail(accountserver.Fault{Path: path, Delay: longest})
			w.env = append(w.env, "MOGPLEX_API_KEY="+w.service.issuePAT())
			started := time.Now()
			code, stdout, stderr := w.run("auth", "doctor", "--probe")
			const limit = 3*time.Second + 3*time.Second
			if took := time.Since(started); code != exitFailure || took > limit+2*time.Second {
				t.Errorf("exit %d after %s: %s", code, took, stdout)
			}
			words := strings.Join(strings.Fields(stdout), " ")
			if !strings.Contains(words, want) || strings.Count(words, "did not answer in time") != 2 {
				t.Errorf("want %s: %s", want, stdout)
			}
			for _, waiting := range []string{"Waiting for the keychain…", "Asking the service…"} {
				if strings.Count(stderr, waiting) != 1 {
					t.Errorf("stderr: %q", stderr)
				}
			}
		})
	}
}

func TestDoctorNamesWhoHoldsThePorts(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	for i, port := range w.service.ports {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		code, stdout, _ := w.run("auth", "doctor")
		want := fmt.Sprintf("%d is taken", port)
		if runtime.GOOS == "linux" {
			want += fmt.Sprintf(" by cli.test (process %d)", os.Getpid())
		}
		words := strings.Join(strings.Fields(stdout), " ")
		if state := []string{"ok", "warn"}[i]; code != exitOK || !strings.Contains(words, want) || !strings.Contains(words, state+" callback_ports") {
			t.Errorf("want %s and %q: %s", state, want, stdout)
		}
	}
}

func TestDoctorFitsTheScreen(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	_, stdout, _ := w.run("auth", "doctor", "--probe")
	for line := range strings.Lines(stdout) {
		if line = strings.TrimRight(line, "\n"); len(line) > 80 && !strings.Contains(line, w.home) {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

func TestDoctorWarnsBeforeTheSignInEnds(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]string{
		2 * 24 * time.Hour:  "warn credential mogplex (oauth) from the file; the sign-in ends in",
		30 * 24 * time.Hour: "ok credential mogplex (oauth) from the file; the sign-in ends in",
	} {
		w := fakeWorld(t, accountserver.Config{TellRefreshLifetime: true, RefreshTTL: ttl})
		w.seed(time.Minute, "file")
		w.must("auth", "refresh")
		if shown := strings.Join(strings.Fields(w.must("auth", "doctor")), " "); !strings.Contains(shown, want) {
			t.Errorf("want %q: %s", want, shown)
		}
	}
}

func TestEveryCheckIsDocumented(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	var report doctorReport
	if err := json.Unmarshal([]byte(w.must("auth", "doctor", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	text := readDoc(t, "docs/authentication.md")
	for _, check := range report.Checks {
		name, _, perProfile := strings.Cut(check.Name, "/")
		if perProfile {
			name += "/NAME"
		}
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/authentication.md does not have %s", name)
		}
	}
}
