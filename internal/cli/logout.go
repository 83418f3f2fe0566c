package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

func (p *program) logoutCommand() *cli.Command {
	return &cli.Command{
		Name:  "logout",
		Usage: "sign out: remove the credential from every store",
		Description: `Removes the Mogplex credential of this service and profile from the keychain and
from auth.json, reads both back, ends the session at the service if it can, and
removes what the sign-in brought. Other services and profiles stay. Goes on after
a failure, and exits with an error if anything may be left.

Examples:
  mogplex logout
  mogplex logout --provider openai       that provider's key
  mogplex logout --all                   every provider, profile and state directory`,
		Flags: []cli.Flag{
			providerFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "all", Usage: "remove everything that mogplex keeps for this user"},
		},
		Action: p.command(func(ctx context.Context, s *session, c *cli.Context) error {
			provider, err := providerValue(c)
			if err != nil {
				return err
			}
			if provider != "" && c.Bool("all") {
				return usageError{"use one of --provider and --all"}
			}
			return s.signOut(ctx, logoutScope{provider: provider, all: c.Bool("all")})
		}),
	}
}

// logoutScope says what to remove: the Mogplex credential, another provider's,
// or everything.
type logoutScope struct {
	provider string
	all      bool
	goesOn   bool // more follows: nobody is asked whether to try again
}

func (scope logoutScope) providerOr(other string) string { return cmp.Or(scope.provider, other) }

// includes reports whether a provider's credential is what the sign-out is about:
// any of them signs in after one from the account.
func (scope logoutScope) includes(provider string) bool {
	return scope.all || scope.providerOr(auth.Mogplex) == auth.Mogplex || scope.provider == provider
}

// logoutReport is the object of --json.
type logoutReport struct {
	Removed       []removedReport `json:"removed"`
	Revoked       *bool           `json:"revoked"` // null: nothing to revoke, or the service offers no revocation
	LivesOn       []livesOn       `json:"lives_on"`
	HostedState   bool            `json:"hosted_state_cleared"`
	StillInForce  []stillInForce  `json:"still_in_force"`
	NotLookedInto []notLookedInto `json:"not_looked_into,omitempty"`
	Failures      []failureReport `json:"failures"`
	Error         *report         `json:"error,omitempty"`

	scope    logoutScope
	errs     []error
	sessions []auth.Credential // what was removed, to be ended at the service
	backups  []string          // of files that could not be parsed
}

func newLogoutReport(scope logoutScope) *logoutReport {
	return &logoutReport{
		scope: scope, Removed: []removedReport{}, LivesOn: []livesOn{}, StillInForce: []stillInForce{}, Failures: []failureReport{},
	}
}

type removedReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider"`
	Profile  string `json:"profile"`
	Issuer   string `json:"issuer,omitempty"`
}

// stillInForce is a variable, or an entry in a store, that mogplex goes on using.
type stillInForce struct {
	Name     string `json:"name,omitempty"`
	Store    string `json:"store,omitempty"`
	Provider string `json:"provider,omitempty"`

	foreign bool // another program's
}

// notLookedInto is a store that may hold a credential still.
type notLookedInto struct {
	Store string     `json:"store"`
	State auth.State `json:"state"` // disabled or unavailable
}

type failureReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider,omitempty"`
	Why      string `json:"why"`
}

func (r *logoutReport) failed(store, provider string, err error) {
	r.Failures = append(r.Failures, failureReport{store, provider, sentence(err)})
	r.errs = append(r.errs, err)
}

// signOut removes what the scope names, ends its sessions at the service, and
// reports store by store.
func (s *session) signOut(ctx context.Context, scope logoutScope) error {
	r := s.remove(ctx, scope)
	if !s.json {
		s.sayRemoved(r, scope)
	}
	r.settle(s, s.endOrAsk(ctx, r.sessions, !scope.goesOn))
	return s.concludeSignOut(r)
}

// signOutError is what may be left, in one error. Its hint leads back to the same
// sign-out: a way around the store that failed would leave what that holds.
func (s *session) signOutError(r *logoutReport) error {
	err := errors.Join(r.errs...)
	if err == nil {
		return nil
	}
	return hinted{fmt.Errorf("signing out is not complete: %w", err), s.againHint(err, r.scope.command())}
}

// command is the sign-out of the scope, as it is typed.
func (scope logoutScope) command() string {
	switch {
	case scope.all:
		return "mogplex logout --all"
	case scope.provider != "":
		return "mogplex logout --provider " + scope.provider
	}
	return "mogplex logout"
}

// removedLines is how many removals are named one by one.
const removedLines = 20

func (s *session) sayRemoved(r *logoutReport, scope logoutScope) {
	for i, done := range r.Removed {
		if i == removedLines {
			s.say("And %d more.", len(r.Removed)-i)
			break
		}
		s.say("Removed the %s credential%s from the %s.", printable(done.Provider), s.owned(done), done.Store)
	}
	switch {
	case len(r.Removed) > 0 || len(r.errs) > 0:
	case scope.all:
		s.say("Nothing was stored.")
	default:
		s.say("Nothing was stored for %s%s.", scope.providerOr(auth.Mogplex), s.ofProfile())
	}
}

// owned names the profile and the service of what was removed, if they are not
// the usual ones.
func (s *session) owned(done removedReport) (text string) {
	if done.Profile != defaultProfile {
		text += " of profile " + printable(done.Profile)
	}
	if done.Issuer != "" && done.Issuer != auth.DefaultOrigin {
		text += " for " + printable(done.Issuer)
	}
	return text
}

// concludeSignOut tells what else came of it. Anything that may be left is an
// error.
func (s *session) concludeSignOut(r *logoutReport) error {
	err := s.signOutError(r)
	r.Error = s.reportOf(err)
	if err == nil {
		s.sayNotLookedInto(r)
	}
	for _, path := range r.backups {
		s.warn(path + ": " + errBackup.Error())
	}
	if s.json {
		s.printJSON(r)
		return err
	}
	if r.Revoked != nil && *r.Revoked {
		s.say("The session was ended at the service.")
	}
	for _, left := range r.LivesOn {
		s.say("%s", left.sentence(s.now()))
	}
	for _, v := range r.StillInForce {
		s.warn(v.sentence())
	}
	for _, f := range r.Failures {
		s.say("Failed in the %s: %s", strings.ReplaceAll(f.Store, "_", " "), strings.TrimSuffix(f.Why, "."))
	}
	return err
}

// sayNotLookedInto names the stores that may hold a credential still: that one is
// forbidden is the person's own choice, and no warning.
func (s *session) sayNotLookedInto(r *logoutReport) {
	for _, n := range r.NotLookedInto {
		switch {
		case n.State != auth.Disabled:
			s.warn("no keychain can be reached, and it was not looked into; a credential that it holds can be used again when it is back")
		case !s.json:
			s.say("The %s was not looked into, because the setting credential_store (MOGPLEX_CREDENTIAL_STORE) forbids it. "+
				"What it holds can be used again without that setting.", n.Store)
		}
	}
}

func (v stillInForce) sentence() string {
	if v.Name != "" {
		return v.Name + " is set, and still signs in"
	}
	if v.foreign {
		return "the " + v.Store + " still has a key of " + v.Provider + " that belongs to another program, and mogplex uses it"
	}
	return "the " + v.Store + " still has a key of " + v.Provider + ", and mogplex uses it if no provider is named"
}
