package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Migration reports what a migration did with each record, by the name of its key.
type Migration struct {
	From, To string // auth.InKeychain or auth.InFile
	DryRun   bool
	Moved    []string
	Copied   []string // from another program's file, which keeps them
	Skipped  []NotMoved
	Failed   []NotMoved
	Replaced []auth.Credential // other sign-ins at the destination, with Force
}

// NotMoved is a record that stays in its place.
type NotMoved struct {
	Name string
	Why  string // if it was skipped: a short phrase
	Err  error  // if it failed
}

// Err joins the failures.
func (m *Migration) Err() error {
	errs := make([]error, len(m.Failed))
	for i, f := range m.Failed {
		errs[i] = f.Err
	}
	return errors.Join(errs...)
}

// Migrate moves every record of this directory and profile to the keychain or the file,
// and ends the sessions that it replaced. It reports entries of other programs as
// skipped. It returns an error if it could not list all records.
func (a *Account) Migrate(ctx context.Context, how auth.Move) (*Migration, error) {
	m := &Migration{From: how.From, To: how.To, DryRun: how.DryRun}
	if !a.Allows(how.To) {
		return m, settings.UsageError(fmt.Sprintf("the setting credential_store (MOGPLEX_CREDENTIAL_STORE) is %q, which forbids the %s", a.Store, how.To))
	}
	end := a.begin(MoveCredentials)
	err := a.moveAll(ctx, how, m)
	end()
	if !how.DryRun {
		a.EndSessions(ctx, m.Replaced)
	}
	return m, err
}

func (a *Account) moveAll(ctx context.Context, how auth.Move, m *Migration) error {
	items, err := a.Manager.Movable(ctx, how)
	if err != nil {
		return err
	}
	for _, item := range items {
		done := a.Manager.Move(ctx, item.Key, how)
		if ctx.Err() != nil && errors.Is(done.Err, context.Canceled) {
			return ctx.Err() // the record was not moved
		}
		m.add(done)
	}
	if how.From != auth.InFile {
		return nil
	}
	names, err := a.file.List(ctx)
	for _, name := range names {
		if !auth.IsKeyName(name) {
			m.Skipped = append(m.Skipped, NotMoved{Name: name, Why: "not one of ours"})
		}
	}
	return err
}

// add adds the outcome for one record to the report.
func (m *Migration) add(done auth.Moved) {
	name := done.Key.Name()
	switch done.Outcome {
	case auth.MoveDone:
		m.Moved = append(m.Moved, name)
	case auth.MoveCopied:
		m.Copied = append(m.Copied, name)
	case auth.MoveSkipped:
		m.Skipped = append(m.Skipped, NotMoved{Name: name, Why: done.Why})
	case auth.MoveFailed:
		m.Failed = append(m.Failed, NotMoved{Name: name, Err: done.Err})
	}
	m.Replaced = append(m.Replaced, done.Replaced...)
}
