package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func attachFlag() cli.Flag {
	return &cli.StringFlag{Name: "attach", Usage: "show the run `RUN` as it goes on (also MOGPLEX_ATTACH_RUN_ID)"}
}

// attachedRun is the run that is asked for, or "".
func (p *program) attachedRun(c *cli.Context) (string, error) {
	id := stringFlag(c, "attach")
	if emptyFlag(c, "attach") {
		return "", usageError{"--attach wants the id of a run"}
	}
	if id == "" {
		id = p.getenv("MOGPLEX_ATTACH_RUN_ID")
	}
	return id, nil
}

// follower follows runs with the account's credential, however long the service
// is out of reach once it has answered. It prints nothing.
func (s *session) follower() hosted.Follower {
	token := func(ctx context.Context) (string, error) { return s.accountToken(ctx, "") }
	return hosted.Follower{Client: s.api(), Token: token}
}

// attachPatience is how long a script's run may be out of reach.
const attachPatience = 2 * time.Minute

// attach prints a run as lines of JSON: the run, each event, and the run again
// once it has ended. How it ended is the exit code.
func (s *session) attach(ctx context.Context, id string) error {
	res, err := s.account(ctx)
	s.warn(res.Warnings...)
	if err != nil {
		return err
	}
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	out := lines{Writer: s.stdout}
	var last hosted.Run
	follower := s.follower()
	follower.Patience = attachPatience
	err = follower.Follow(following, id, func(u hosted.Update) {
		if notice := noticeOf(u); notice != "" {
			s.warn(notice) // what a program reading stdout need not know
		}
		if u.Err == nil && last.Status == "" {
			out.write("run", u.Run.Raw)
		}
		for _, event := range u.Events {
			out.write("event", event.Raw)
		}
		if last = u.Run; last.Ended() {
			out.write("run", last.Raw)
		}
		if out.err != nil {
			cancel()
		}
	})
	switch {
	case out.err != nil:
		return nil // run tells the failed write
	case ctx.Err() != nil:
		s.say("%s", s.inProfile("The run goes on. `mogplex --attach` shows it again."))
		return ctx.Err()
	case errors.Is(err, hosted.ErrNotFound):
		return runError(id, err)
	case err != nil:
		return s.failedCall(res, err)
	case last.Status != hosted.RunSuccess:
		return fmt.Errorf("the run ended as %s", last.Status)
	}
	return nil
}

// runError names the run that was not found.
func runError(id string, err error) error {
	if !errors.Is(err, hosted.ErrNotFound) {
		return err
	}
	return fmt.Errorf("there is no run %q for this account: %w", printable(id), err)
}

// lines writes values as lines of JSON that steer no terminal.
type lines struct {
	io.Writer
	err error
}

func (l *lines) write(name string, value json.RawMessage) {
	var text bytes.Buffer
	if l.err == nil && json.Compact(&text, value) == nil {
		_, l.err = fmt.Fprintf(l, "{%q:%s}\n", name, escaped(text.String()))
	}
}
