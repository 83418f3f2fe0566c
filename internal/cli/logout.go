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
		Description: `Removes the Mogplex credential from the keychain and from auth.json, reads both
back, ends the session at the service where it can, and removes what the
sign-in brought. Goes on after a failure, and exits with an error if anything
may be left.

Examples:
  mogplex logout
  mogplex logout --provider openai       that provider's key
  mogplex logout --all                   every provider, profile and state directory`,
		Flags: []cli.Flag{
			providerFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "all", Usage: "remove everything that mogplex keeps for this user"},
		},
		Action: p.command(func(ctx context.Context, s *session, c *cli.Context) error {
			scope := logoutScope{provider: c.String("provider"), all: c.Bool("all")}
			if scope.provider != "" {
				if scope.all {
					return usageError{"use one of --provider and --all"}
				}
				if err := knownProvider(scope.provider); err != nil {
					return err
				}
			}
			return s.signOut(ctx, scope)
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

// logoutReport is the object of --json.
type logoutReport struct {
	Removed      []removedReport `json:"removed"`
	Revoked      *bool           `json:"revoked"` // null: nothing to revoke, or the service offers no revocation
	HostedState  bool            `json:"hosted_state_cleared"`
	StillInForce []variableName  `json:"still_in_force"`
	Failures     []failureReport `json:"failures"`
	Error        *report         `json:"error,omitempty"`
	errs         []error
	noKeychain   bool     // there was none to look into
	aside        []string // files that could not be parsed
}

type removedReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider"`
}

type variableName struct {
	Name string `json:"name"`
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
	r, sessions := s.remove(ctx, scope)
	if !s.json {
		s.sayRemoved(r, scope)
	}
	r.Revoked = s.endOrAsk(ctx, sessions, !scope.goesOn)
	return s.concludeSignOut(r)
}

// err is what may be left, in one error.
func (r *logoutReport) err() error {
	if err := errors.Join(r.errs...); err != nil {
		return fmt.Errorf("signing out is not complete: %w", err)
	}
	return nil
}

func (s *session) sayRemoved(r *logoutReport, scope logoutScope) {
	for _, done := range r.Removed {
		s.say("Removed the %s credential from the %s.", printable(done.Provider), done.Store)
	}
	switch {
	case len(r.Removed) > 0 || r.err() != nil:
	case scope.all:
		s.say("Nothing was stored.")
	default:
		s.say("Nothing was stored for %s.", cmp.Or(scope.provider, auth.Mogplex))
	}
}

// concludeSignOut tells what else came of it. Anything that may be left is an
// error.
func (s *session) concludeSignOut(r *logoutReport) error {
	err := r.err()
	r.Error = reportOf(err)
	if r.noKeychain && err == nil {
		s.warn("no keychain can be reached, and it could not be looked into; a credential that it holds is in force again when it is back")
	}
	for _, path := range r.aside {
		s.warn(path + ": " + errPutAside.Error())
	}
	if s.json {
		s.printJSON(r)
		return err
	}
	if r.Revoked != nil && *r.Revoked {
		s.say("The session was ended at the service.")
	}
	for _, v := range r.StillInForce {
		s.warn(v.Name + " is set, and still signs in")
	}
	for _, f := range r.Failures {
		s.say("Failed in the %s: %s", strings.ReplaceAll(f.Store, "_", " "), strings.TrimSuffix(f.Why, "."))
	}
	return err
}
