//go:build !windows

package cli

import (
	"context"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

var untilLine = regexp.MustCompile(`until (\d\d:\d\d:\d\d)\.`)

// A sign-in refused on the service's page ends after half a minute. The terminal
// shows that time last, and the page shows none.
func TestARefusedSignInShowsOneClock(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	cmd, address, stderr := w.listeningLogin()
	began := time.Now()
	page, err := accountserver.WalkSignIn(context.Background(), address, accountserver.Cancel)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.Body, "second") || strings.Contains(page.Body, "minute") {
		t.Errorf("the page shows a clock of its own: %s", page.Body)
	}
	eventually(t, "the shorter time", func() bool { return len(untilLine.FindAllString(stderr.String(), -1)) == 2 })
	shown := untilLine.FindAllStringSubmatch(stderr.String(), -1)[1][1]
	earliest, latest := began.Add(30*time.Second), time.Now().Add(30*time.Second)
	if shown != earliest.Format("15:04:05") && shown != latest.Format("15:04:05") {
		t.Errorf("until %s in place of %s: %s", shown, latest.Format("15:04:05"), stderr)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}
