//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// TestTablesFitTheTerminal lists on narrow terminals.
func TestTablesFitTheTerminal(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	for _, columns := range []int{80, 40, 12} {
		for command, want := range map[string]string{"models": "contoso/q", "mcp": "issues"} {
			at, err := terminal.Start(w.command(command), terminal.Size{Columns: columns, Rows: 40})
			if err != nil {
				deep.Missing(t, err.Error())
			}
			code, err := at.Wait(t.Context())
			output := string(at.Output())
			_ = at.Close()
			if code != 0 || err != nil || !strings.Contains(output, want) {
				t.Errorf("%s: exit %d, %v: %s", command, code, err, output)
			}
			for line := range strings.Lines(output) {
				if displaywidth.String(strings.TrimRight(line, "\r\n")) > columns {
					t.Errorf("%s: wider than %d columns: %s", command, columns, line)
				}
			}
		}
	}
}

// TestLeavingARunReportsThatItContinues interrupts after the first event.
func TestLeavingARunReportsThatItContinues(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	w.service.AddRun(accountserver.Run{ID: "long", Events: []accountserver.Event{{Type: "status"}, {After: time.Hour}}})
	var stdout, stderr syncBuffer
	cmd := w.command("--attach", "long")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first event", func() bool { return strings.Contains(stdout.String(), `{"event"`) })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(cmd.Wait()); code != exitInterrupted || !strings.Contains(stderr.String(), "The run goes on") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	if told := strings.Count(stdout.String(), "\n"); told != 2 {
		t.Errorf("events: %s", stdout.String())
	}
}
