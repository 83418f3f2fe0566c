package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// What `mogplex models` and `mogplex mcp` have in common.

func refreshFlag() cli.Flag {
	return &cli.BoolFlag{Name: "refresh", Usage: "ask the service, however young the cached list is"}
}

// listReport says where a list comes from, for --json.
type listReport struct {
	FetchedAt string `json:"fetched_at"`
	Stale     bool   `json:"stale"` // it is cached, because the service could not be asked
	Warning   string `json:"warning,omitempty"`
}

func (p *program) listReport(fetched time.Time, stale, notKept error) listReport {
	return listReport{timestamp(fetched), stale != nil, p.listWarning(fetched, stale, notKept)}
}

// listWarning says why a list may be old, or why it will be fetched again next time.
func (p *program) listWarning(fetched time.Time, stale, notKept error) string {
	switch {
	case stale != nil:
		return fmt.Sprintf("%s could not be asked, this was fetched %s: %s", p.account.Origin, text.Ago(p.env.Now().Sub(fetched)), sentence(stale))
	case notKept != nil:
		return "the answer was not cached: " + sentence(notKept)
	}
	return ""
}

// sayListAge says how old a list is that was printed.
func (p *program) sayListAge(fetched time.Time, stale, notKept error) {
	if warning := p.listWarning(fetched, stale, notKept); warning != "" {
		p.warn(warning)
	} else if age := p.env.Now().Sub(fetched); age > time.Minute {
		p.say("Fetched %s; --refresh asks again.", text.Ago(age))
	}
}

// failedCall names the service that failed, and what helps if it refuses the
// credential.
func (p *program) failedCall(res auth.Result, err error) error {
	var failed *hosted.Error
	if !errors.As(err, &failed) {
		return err
	}
	err = fmt.Errorf("%s: %w", p.account.Origin, err)
	if errors.Is(err, hosted.ErrUnauthorized) {
		err = account.HintError{Err: err, Hint: refusedHint(res)}
	}
	return err
}
