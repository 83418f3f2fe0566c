package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

func (p *program) migrateCommand() *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "move credentials from auth.json to the keychain, or back",
		Description: `Each credential is written, read back and compared, and only then removed from
where it was. It can be interrupted and run again. If the destination holds
another sign-in, both stay and the report says whose it is.

Examples:
  mogplex auth migrate --dry-run        say what would be moved
  mogplex auth migrate
  mogplex auth migrate --to file        out of the keychain, into auth.json
  mogplex auth migrate --force          replace what the keychain holds`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Value: auth.InKeychain, Usage: "where to: `keychain` or file"},
			&cli.BoolFlag{Name: "dry-run", Usage: "change nothing, only say what would be done"},
			&cli.BoolFlag{Name: "force", Usage: "replace another sign-in that the destination holds"},
			jsonFlag(),
		},
		Action: p.command(migrate),
	}
}

// migrateReport is the object of --json.
type migrateReport struct {
	From    string           `json:"from"`
	To      string           `json:"to"`
	DryRun  bool             `json:"dry_run"`
	Moved   []string         `json:"moved"`
	Copied  []string         `json:"copied,omitempty"` // another program's, which stays
	Skipped []migrateOutcome `json:"skipped"`
	Failed  []migrateOutcome `json:"failed"`
	Error   *report          `json:"error,omitempty"`

	errs     []error
	replaced []auth.Credential
}

type migrateOutcome struct {
	Provider string `json:"provider"`
	Why      string `json:"why"`
}

func migrate(ctx context.Context, s *session, c *cli.Context) error {
	how := auth.Move{From: auth.InFile, To: c.String("to"), DryRun: c.Bool("dry-run"), Force: c.Bool("force")}
	switch how.To {
	case auth.InKeychain:
	case auth.InFile:
		how.From = auth.InKeychain
	default:
		return usageError{"--to is keychain or file"}
	}
	if s.mode != storeAuto && string(s.mode) != how.To {
		return usageError{fmt.Sprintf("the setting credential_store (MOGPLEX_CREDENTIAL_STORE) is %q, which forbids the %s", s.mode, how.To)}
	}
	r, err := s.move(ctx, how)
	if err == nil {
		err = r.failures()
	}
	if !how.DryRun {
		s.endWithin(ctx, "Ending the replaced session at the service", r.replaced)
	}
	r.Error = s.reportOf(err)
	if s.json {
		s.printJSON(r)
		return err
	}
	s.printMigration(r)
	if err == nil && len(r.Moved)+len(r.Copied)+len(r.Skipped) == 0 {
		s.say("Nothing to move: the %s holds no credential%s.", r.From, s.ofProfile())
	}
	if len(r.Failed) > 0 {
		s.say("%s", s.outcomeOf(err).hint)
		return silent{err}
	}
	return err
}

// move moves every record of this directory and profile. What is not ours is
// skipped.
func (s *session) move(ctx context.Context, how auth.Move) (*migrateReport, error) {
	r := &migrateReport{
		From: how.From, To: how.To, DryRun: how.DryRun,
		Moved: []string{}, Skipped: []migrateOutcome{}, Failed: []migrateOutcome{},
	}
	err := s.patiently("Moving credentials", func() error {
		items, err := s.auth.Movable(ctx, how)
		if err != nil {
			return hinted{err, s.againHint(err, "mogplex auth migrate --to "+how.To)}
		}
		for _, item := range items {
			done := s.auth.Move(ctx, item.Key, how)
			if ctx.Err() != nil && errors.Is(done.Err, context.Canceled) {
				return ctx.Err() // it is where it was
			}
			r.add(done)
		}
		return r.addOthers(ctx, s, how.From)
	})
	return r, err
}

// add puts what became of one record into the report.
func (r *migrateReport) add(done auth.Moved) {
	name := done.Key.Name()
	switch done.Outcome {
	case auth.MoveDone:
		r.Moved = append(r.Moved, name)
	case auth.MoveCopied:
		r.Copied = append(r.Copied, name)
	case auth.MoveSkipped:
		r.Skipped = append(r.Skipped, migrateOutcome{name, printable(done.Why)})
	case auth.MoveFailed:
		r.Failed = append(r.Failed, migrateOutcome{name, sentence(done.Err)})
		r.errs = append(r.errs, done.Err)
	}
	r.replaced = append(r.replaced, done.Replaced...)
}

// addOthers reports entries of the file that are not ours: they stay as they are.
func (r *migrateReport) addOthers(ctx context.Context, s *session, from string) error {
	if from != auth.InFile {
		return nil
	}
	names, err := s.file.List(ctx)
	for _, name := range names {
		if !auth.IsKeyName(name) {
			r.Skipped = append(r.Skipped, migrateOutcome{printable(name), "not one of ours"})
		}
	}
	return err
}

// failures joins what went wrong for single records into one error, with the
// class of the first.
func (r *migrateReport) failures() error {
	if len(r.errs) == 0 {
		return nil
	}
	err := fmt.Errorf("not everything was moved to the %s: %w", r.To, errors.Join(r.errs...))
	return hinted{err, "What was not moved is still where it was. Fix the cause, then run `mogplex auth migrate --to " + r.To + "` again."}
}

func (s *session) printMigration(r *migrateReport) {
	verb, copied := "Moved", "Copied"
	if r.DryRun {
		verb, copied = "Would move", "Would copy"
	}
	if len(r.Moved) > 0 {
		s.say("%s %s from the %s to the %s.", verb, strings.Join(r.Moved, ", "), r.From, r.To)
	}
	for _, name := range r.Copied {
		s.say("%s %s to the %s; the original belongs to another program and stays in the %s.", copied, name, r.To, r.From)
	}
	for _, old := range r.replaced {
		line := replacedLine(old)
		if r.DryRun {
			line = strings.Replace(line, "It replaces", "It would replace", 1)
		}
		s.say("%s", line)
	}
	for _, o := range r.Skipped {
		s.say("Left %s where it is: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
	for _, o := range r.Failed {
		s.say("Failed to move %s: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
}
