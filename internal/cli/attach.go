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
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func attachFlag() cli.Flag {
	return &cli.StringFlag{Name: "attach", Usage: "follow the run `RUN` (also MOGPLEX_ATTACH_RUN_ID)"}
}

// attachedRun returns the id of the run to show, or "" if none is named.
func (p *program) attachedRun(c *cli.Context) (string, error) {
	id := stringFlag(c, "attach")
	if emptyFlag(c, "attach") {
		return "", settings.UsageError("--attach needs the id of a run")
	}
	if id == "" {
		id = p.env.Getenv("MOGPLEX_ATTACH_RUN_ID")
	}
	return id, nil
}

// attachPatience is how long attach retries while the service is unreachable.
const attachPatience = 2 * time.Minute

// attach prints a run as lines of JSON: the run, each event, and the run again when it
// has ended. It returns an error if the run did not succeed.
func (p *program) attach(ctx context.Context, id string) error {
	res, err := p.account.Mogplex(ctx)
	p.warnBefore(err, res.Warnings)
	if err != nil {
		return err
	}
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	out := jsonLines{Writer: p.stdout}
	var last hosted.Run
	follower := p.account.Follower()
	follower.Patience = attachPatience
	err = follower.Follow(following, id, func(u hosted.Update) {
		if notice := words.RunNotice(u); notice != "" {
			p.warn(notice) // stdout has the data alone
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
		return nil // run reports the failed write
	case ctx.Err() != nil:
		p.say("%s", p.here().InProfile("The run goes on. `mogplex --attach` shows it again."))
		return ctx.Err()
	case errors.Is(err, hosted.ErrNotFound):
		return words.RunError(id, err)
	case err != nil:
		return p.failedCall(res, err)
	case last.Status != hosted.RunSuccess:
		return fmt.Errorf("the run ended as %s", last.Status)
	}
	return nil
}

// jsonLines writes values as lines of JSON without control characters.
type jsonLines struct {
	io.Writer
	err error
}

func (l *jsonLines) write(name string, value json.RawMessage) {
	var compact bytes.Buffer
	if l.err == nil && json.Compact(&compact, value) == nil {
		_, l.err = fmt.Fprintf(l, "{%q:%s}\n", name, escaped(compact.String()))
	}
}
