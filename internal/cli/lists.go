package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func refreshFlag() cli.Flag {
	return &cli.BoolFlag{Name: "refresh", Usage: "fetch the list again, even if the cached one is recent"}
}

// listReport is the part of --json that `mogplex models` and `mogplex mcp` share.
type listReport struct {
	FetchedAt string `json:"fetched_at"`
	Stale     bool   `json:"stale"` // cached, because the service could not be asked
	Warning   string `json:"warning,omitempty"`
}

// printing is how a list is printed.
type printing[T any] struct {
	table  func(list []T, width int) string
	empty  string                             // printed in place of a table without rows
	report func(list []T, how listReport) any // the object of --json
}

// printList prints one of the account's lists.
func printList[T any](p *program, got hosted.Listing[T], res auth.Result, err error, how printing[T]) error {
	p.warnBefore(err, res.Warnings)
	if err != nil {
		return p.failedCall(res, err)
	}
	age, warning := p.env.Now().Sub(got.Fetched), ""
	switch {
	case got.Stale != nil:
		warning = fmt.Sprintf("%s could not be asked, this was fetched %s: %s", p.account.Origin, text.Ago(age), words.Sentence(got.Stale))
	case got.NotCached != nil:
		warning = "the answer was not cached: " + words.Sentence(got.NotCached)
	}
	switch {
	case p.json:
		p.printJSON(how.report(append([]T{}, got.List...), listReport{timestamp(got.Fetched), got.Stale != nil, warning}))
		return nil
	case len(got.List) > 0:
		_, _ = io.WriteString(p.stdout, how.table(got.List, p.stdoutWidth())) // run reports a failed write
	default:
		p.say("%s", how.empty)
	}
	if warning != "" {
		p.warn(warning)
	} else if age > time.Minute {
		p.say("Fetched %s. Use --refresh to fetch it again.", text.Ago(age))
	}
	return nil
}

// failedCall adds the service's origin to its errors, and a hint if it refuses the
// credential.
func (p *program) failedCall(res auth.Result, err error) error {
	var failed *hosted.Error
	if !errors.As(err, &failed) {
		return err
	}
	err = fmt.Errorf("%s: %w", p.account.Origin, err)
	if errors.Is(err, hosted.ErrUnauthorized) {
		err = settings.HintError{Err: err, Hint: refusedHint(res)}
	}
	return err
}
