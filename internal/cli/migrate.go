package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) migrateCommand() *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "move credentials between auth.json and the keychain",
		Description: `Writes each credential, reads it back to compare it, and only then removes
the original. You can interrupt it and run it again. If the destination holds
another sign-in, both stay and the report names its account.

Examples:
  mogplex auth migrate --dry-run    report what would be moved
  mogplex auth migrate
  mogplex auth migrate --to file    out of the keychain, into auth.json
  mogplex auth migrate --force      replace what the keychain holds`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Value: auth.InKeychain, Usage: "the `STORE` to move to, keychain or file"},
			&cli.BoolFlag{Name: "dry-run", Usage: "only report what would be moved"},
			&cli.BoolFlag{Name: "force", Usage: "replace another sign-in at the destination"},
			jsonFlag(),
		},
		Action: p.command(p.migrate),
	}
}

// migrateReport is the object of --json.
type migrateReport struct {
	From    string     `json:"from"`
	To      string     `json:"to"`
	DryRun  bool       `json:"dry_run"`
	Moved   []string   `json:"moved"`
	Copied  []string   `json:"copied,omitempty"` // from another program's file, which keeps them
	Skipped []notMoved `json:"skipped"`
	Failed  []notMoved `json:"failed"`
	Error   *report    `json:"error,omitempty"`
}

type notMoved struct {
	Provider string `json:"provider"`
	Why      string `json:"why"`
}

func (p *program) migrateReport(m *account.Migration, err error) migrateReport {
	reason := func(n account.NotMoved) notMoved {
		if n.Err != nil {
			return notMoved{n.Name, words.Sentence(n.Err)}
		}
		return notMoved{text.Printable(n.Name), text.Printable(n.Why)}
	}
	return migrateReport{
		From: m.From, To: m.To, DryRun: m.DryRun, Moved: append([]string{}, m.Moved...), Copied: m.Copied,
		Skipped: rows(m.Skipped, reason), Failed: rows(m.Failed, reason), Error: p.reportOf(err),
	}
}

func (p *program) migrate(ctx context.Context, c *cli.Context) error {
	how := auth.Move{From: auth.InFile, To: c.String("to"), DryRun: c.Bool("dry-run"), Force: c.Bool("force")}
	switch how.To {
	case auth.InKeychain:
	case auth.InFile:
		how.From = auth.InKeychain
	default:
		return settings.UsageError("--to must be keychain or file")
	}
	m, err := p.account.Migrate(ctx, how)
	var usage settings.UsageError
	switch {
	case err == nil:
		err = migrationError(m)
	case errors.As(err, &usage):
		return settings.HintError{Err: err, Hint: "Allow both stores with MOGPLEX_CREDENTIAL_STORE=auto."}
	case !errors.Is(err, context.Canceled):
		err = settings.HintError{Err: err, Hint: p.here().AgainHint(err, "mogplex auth migrate --to "+how.To)}
	}
	r := p.migrateReport(m, err)
	if p.json {
		p.printJSON(r)
		return err
	}
	p.printMigration(r, m.Replaced)
	if err == nil && len(r.Moved)+len(r.Copied)+len(r.Skipped) == 0 {
		p.say("Nothing to move: the %s holds no credential%s.", r.From, words.OfProfile(p.profile()))
	}
	if len(r.Failed) > 0 {
		p.say("%s", p.here().Of(err).Hint)
		return silent{err}
	}
	return err
}

// migrationError joins the failures of the records. The first one decides the exit code.
func migrationError(m *account.Migration) error {
	err := m.Err()
	if err == nil {
		return nil
	}
	return settings.HintError{
		Err:  fmt.Errorf("not everything was moved to the %s: %w", m.To, err),
		Hint: "What was not moved is still where it was. Fix the cause, then run `mogplex auth migrate --to " + m.To + "` again.",
	}
}

func (p *program) printMigration(r migrateReport, replaced []auth.Credential) {
	verb, copied := "Moved", "Copied"
	if r.DryRun {
		verb, copied = "Would move", "Would copy"
	}
	if len(r.Moved) > 0 {
		p.say("%s %s from the %s to the %s.", verb, strings.Join(r.Moved, ", "), r.From, r.To)
	}
	for _, name := range r.Copied {
		p.say("%s %s to the %s; the original belongs to another program and stays in the %s.", copied, name, r.To, r.From)
	}
	for _, old := range replaced {
		line := words.Replaced(old)
		if r.DryRun {
			line = strings.Replace(line, "It replaces", "It would replace", 1)
		}
		p.say("%s", line)
	}
	for _, o := range r.Skipped {
		p.say("Left %s where it is: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
	for _, o := range r.Failed {
		p.say("Failed to move %s: %s.", o.Provider, strings.TrimSuffix(o.Why, "."))
	}
}
