package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

func (p *program) migrateCommand() *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "move credentials from auth.json to the keychain, or back",
		Description: `Each credential is written, read back and compared, and only then removed from
where it was. It can be interrupted and run again. Of two copies that differ
the newer one stays.

Examples:
  mogplex auth migrate --dry-run        say what would be moved
  mogplex auth migrate
  mogplex auth migrate --to file        out of the keychain, into auth.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Value: auth.Keychain, Usage: "where to: `keychain` or file"},
			&cli.BoolFlag{Name: "dry-run", Usage: "change nothing, only say what would be done"},
			jsonFlag(),
		},
		Action: p.command(migrate),
	}
}

// migrateReport is the object of --json.
type migrateReport struct {
	From     string           `json:"from"`
	To       string           `json:"to"`
	DryRun   bool             `json:"dry_run"`
	Moved    []string         `json:"moved"`
	Replaced []string         `json:"replaced,omitempty"` // those moved over an older copy
	Skipped  []migrateOutcome `json:"skipped"`
	Failed   []migrateOutcome `json:"failed"`
	Error    *report          `json:"error,omitempty"`
}

type migrateOutcome struct {
	Provider string `json:"provider"`
	Why      string `json:"why"`
}

func migrate(ctx context.Context, s *session, c *cli.Context) error {
	r := migrateReport{From: auth.File, To: c.String("to"), DryRun: c.Bool("dry-run"), Moved: []string{}}
	var src legacyfile.Source = s.file
	var dst legacyfile.Destination = s.keychain
	switch r.To {
	case auth.Keychain:
	case auth.File:
		r.From, src, dst = auth.Keychain, s.keychain, s.file
	default:
		return usageError{"--to is keychain or file"}
	}
	if s.mode != storeAuto && string(s.mode) != r.To {
		return usageError{fmt.Sprintf("the setting credential_store (MOGPLEX_CREDENTIAL_STORE) is %q, which forbids the %s", s.mode, r.To)}
	}
	done, err := s.move(ctx, src, dst, r.DryRun)
	r.Moved, r.Replaced = append(r.Moved, done.Moved...), done.Replaced
	r.Skipped, r.Failed = outcomesOf(done.Skipped), outcomesOf(done.Failed)
	if err == nil {
		err = failures(done.Failed, r.To)
	}
	r.Error = reportOf(err)
	if s.json {
		s.printJSON(r)
		return err
	}
	s.printMigration(r)
	if err == nil && len(r.Moved)+len(r.Skipped) == 0 {
		s.say("Nothing to move: the %s holds no credential.", r.From)
	}
	if len(done.Failed) > 0 {
		s.say("%s", outcomeOf(err).hint)
		return silent{err}
	}
	return err
}

// move runs the migration, holding every provider's lock, so that no renewal
// comes in between. A dry run writes nothing, a lock file neither.
func (s *session) move(ctx context.Context, src legacyfile.Source, dst legacyfile.Destination, dryRun bool) (done legacyfile.Report, err error) {
	err = s.patiently("Moving credentials", func() error {
		names, err := src.List(ctx)
		if err != nil {
			return err
		}
		names, unfit := s.holdable(names)
		if !dryRun && len(names) > 0 {
			unlock, err := s.lockAll(ctx, names)
			if err != nil {
				return err
			}
			defer unlock()
			defer s.auth.Announce()
		}
		done, err = legacyfile.Migrate(ctx, src, dst, legacyfile.Options{DryRun: dryRun, Names: names})
		done.Skipped = append(done.Skipped, unfit...)
		return err
	})
	return done, err
}

// holdable sorts out the names that the keychain can't hold an entry of.
func (s *session) holdable(names []string) (fit []string, unfit []legacyfile.Outcome) {
	fit = []string{}
	for _, name := range names {
		if s.keychain.holdable(name) {
			fit = append(fit, name)
		} else {
			unfit = append(unfit, legacyfile.Outcome{Name: name, Why: "the keychain can't hold an entry of that name"})
		}
	}
	return fit, unfit
}

// lockAll takes the providers' locks, in an order that all processes share.
func (s *session) lockAll(ctx context.Context, providers []string) (unlock func(), err error) {
	var held []func()
	unlock = func() {
		for _, u := range slices.Backward(held) {
			u()
		}
	}
	until := time.Now().Add(auth.LockWait)
	for _, name := range slices.Sorted(slices.Values(providers)) {
		u, err := s.auth.Lock(ctx, name, time.Until(until))
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, u)
	}
	return unlock, nil
}

func outcomesOf(list []legacyfile.Outcome) []migrateOutcome {
	out := make([]migrateOutcome, 0, len(list))
	for _, o := range list {
		why := o.Why
		if o.Err != nil {
			why += ": " + sentence(o.Err)
		}
		out = append(out, migrateOutcome{o.Name, printable(why)})
	}
	return out
}

// failures joins what went wrong for single providers into one error, with the
// class of the first.
func failures(list []legacyfile.Outcome, to string) error {
	if len(list) == 0 {
		return nil
	}
	var errs []error
	for _, o := range list {
		errs = append(errs, o.Err)
	}
	err := fmt.Errorf("not everything was moved to the %s: %w", to, errors.Join(errs...))
	return hinted{err, "What was not moved is still where it was. Mend the cause, then run `mogplex auth migrate --to " + to + "` again."}
}

func (s *session) printMigration(r migrateReport) {
	verb, be := "Moved", "was"
	if r.DryRun {
		verb, be = "Would move", "would be"
	}
	if len(r.Moved) > 0 {
		s.say("%s %s from the %s to the %s.", verb, strings.Join(r.Moved, ", "), r.From, r.To)
	}
	for _, name := range r.Replaced {
		s.say("The %s's older copy of %s %s replaced.", r.To, name, be)
	}
	for _, o := range r.Skipped {
		s.say("Left %s alone: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
	for _, o := range r.Failed {
		s.say("Failed to move %s: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
}
