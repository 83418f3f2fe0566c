package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func (p *program) modelsCommand() *cli.Command {
	return &cli.Command{
		Name:  "models",
		Usage: "list the models of your account",
		Description: `Prints the model catalog: what each model is called, how many tokens it reads,
and what a million tokens cost in US dollars. A copy that was fetched in the
last ten minutes serves, and any copy where the service can't be reached.

Examples:
  mogplex models
  mogplex models --refresh               ask the service
  mogplex models --json`,
		Flags:  []cli.Flag{jsonFlag(), refreshFlag()},
		Action: p.command(printModels),
	}
}

func refreshFlag() cli.Flag {
	return &cli.BoolFlag{Name: "refresh", Usage: "ask the service, however young the kept copy is"}
}

// modelsReport is the object of --json.
type modelsReport struct {
	Models []hosted.Model `json:"models"`
	keptReport
}

// keptReport says where a list comes from.
type keptReport struct {
	FetchedAt string `json:"fetched_at"`
	Stale     bool   `json:"stale"` // it is a kept copy since the service could not be asked
	Warning   string `json:"warning,omitempty"`
}

func printModels(ctx context.Context, s *session, c *cli.Context) error {
	got, err := listAloud(ctx, s, c.Bool("refresh"), hosted.Catalog.Models)
	if err != nil {
		return err
	}
	if s.json {
		s.printJSON(modelsReport{append([]hosted.Model{}, got.List...), reportKept(s, got)})
		return nil
	}
	if len(got.List) > 0 {
		_, _ = io.WriteString(s.stdout, modelTable(got.List, s.stdoutWidth()))
	} else {
		s.say("Your account has no models. See %s/web/models.", s.origin)
	}
	tellKept(s, got)
	return nil
}

// asking is [hosted.Catalog.Models] or [hosted.Catalog.Servers].
type asking[T any] func(hosted.Catalog, context.Context, time.Duration) (hosted.Listing[T], error)

// list asks for one of the account's lists, and says with which credential. It
// prints nothing.
func list[T any](ctx context.Context, s *session, refresh bool, ask asking[T]) (got hosted.Listing[T], res auth.Result, err error) {
	for range 2 { // another account can have come in between: then it is that one's
		var c hosted.Catalog
		if c, res, err = s.catalog(ctx); err == nil {
			got, err = ask(c, ctx, freshness(refresh))
		}
		if !errors.Is(err, errOtherNow) {
			break
		}
	}
	return got, res, err
}

// listAloud is list, and tells what is in the way of it.
func listAloud[T any](ctx context.Context, s *session, refresh bool, ask asking[T]) (got hosted.Listing[T], err error) {
	err = s.patiently("Asking "+s.origin, func() (err error) {
		var res auth.Result
		got, res, err = list(ctx, s, refresh, ask)
		s.warn(res.Warnings...)
		return s.failedCall(res, err)
	})
	return got, err
}

// failedCall names the service that failed, and what helps where it refuses the
// credential.
func (s *session) failedCall(res auth.Result, err error) error {
	var failed *hosted.Error
	if !errors.As(err, &failed) {
		return err
	}
	err = fmt.Errorf("%s: %w", s.origin, err)
	if errors.Is(err, hosted.ErrUnauthorized) {
		err = hinted{err, refusedHint(res)}
	}
	return err
}

func reportKept[T any](s *session, got hosted.Listing[T]) keptReport {
	return keptReport{got.Fetched.UTC().Format(time.RFC3339), got.Stale != nil, keptWarning(s, got)}
}

// keptWarning says why a list may be old, or be asked for again next time.
func keptWarning[T any](s *session, got hosted.Listing[T]) string {
	switch {
	case got.Stale != nil:
		age := ago(s.now().Sub(got.Fetched))
		return fmt.Sprintf("%s could not be asked, this was fetched %s: %s", s.origin, age, sentence(got.Stale))
	case got.NotKept != nil:
		return "the answer was not kept: " + sentence(got.NotKept)
	}
	return ""
}

// tellKept tells a person the age of what was printed.
func tellKept[T any](s *session, got hosted.Listing[T]) {
	if warning := keptWarning(s, got); warning != "" {
		s.warn(warning)
	} else if age := s.now().Sub(got.Fetched); age > time.Minute {
		s.say("Fetched %s; --refresh asks again.", ago(age))
	}
}

func modelTable(models []hosted.Model, width int) string {
	rows := [][]string{{"ID", "NAME", "CONTEXT", "INPUT", "OUTPUT", "CAPABILITIES"}}
	for _, m := range models {
		rows = append(rows, []string{
			m.ID, m.Name, tokens(m.ContextLength), dollars(m.Pricing.Input), dollars(m.Pricing.Output),
			strings.Join(m.Capabilities, ", "),
		})
	}
	return table(rows, []int{2, 3, 4}, []int{5, 1, 3, 4, 2}, width)
}

// tokens is a number of tokens, such as 128k.
func tokens(n *int64) string {
	switch {
	case n == nil || *n <= 0:
		return "-"
	case *n >= 1_000_000:
		return strconv.FormatFloat(float64(*n/100_000)/10, 'f', -1, 64) + "M"
	case *n >= 1000:
		return strconv.FormatInt(*n/1000, 10) + "k"
	}
	return strconv.FormatInt(*n, 10)
}

// dollars is a price, with as many digits as it has and at least two.
func dollars(price *float64) string {
	if price == nil || *price < 0 {
		return "-"
	}
	text := strconv.FormatFloat(*price, 'f', -1, 64)
	whole, cents, _ := strings.Cut(text, ".")
	return "$" + whole + "." + cents + strings.Repeat("0", max(0, 2-len(cents)))
}
