package cli

import (
	"bufio"
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) logoutCommand() *cli.Command {
	return &cli.Command{
		Name:  "logout",
		Usage: "sign out: remove the credential from every store",
		Description: `Removes the Mogplex credential of this service and profile from the keychain
and from auth.json, and checks that it is gone. Ends the session at the
service if possible. Removes the cached lists of models and MCP servers.
Other services and profiles stay. Continues after a failure, and exits with
an error if anything may be left.

Examples:
  mogplex logout
  mogplex logout --provider openai   remove that provider's key
  mogplex logout --all               every provider, profile and directory`,
		Flags: []cli.Flag{
			providerFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "all", Usage: "remove everything that mogplex stores for you"},
		},
		Action: p.command(p.logout),
	}
}

func (p *program) logout(ctx context.Context, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	if provider != "" && c.Bool("all") {
		return settings.UsageError("use one of --provider and --all")
	}
	return p.signOut(ctx, account.Scope{Provider: provider, All: c.Bool("all")}, p.attended() && !p.json)
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
}

type removedReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider"`
	Profile  string `json:"profile"`
	Issuer   string `json:"issuer,omitempty"`
}

type livesOn struct {
	What   account.TokenKind `json:"what"`
	Until  string            `json:"until,omitempty"`
	Issuer string            `json:"issuer"`
}

type stillInForce struct {
	Name     string `json:"name,omitempty"`
	Store    string `json:"store,omitempty"`
	Provider string `json:"provider,omitempty"`
}

type notLookedInto struct {
	Store string     `json:"store"`
	State auth.State `json:"state"` // disabled or unavailable
}

type failureReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider,omitempty"`
	Why      string `json:"why"`
}

func (p *program) logoutReport(r *account.SignOutReport, err error) logoutReport {
	return logoutReport{
		Removed: rows(r.Removed, func(done account.Removed) removedReport { return removedReport(done) }),
		Revoked: r.Revoked,
		LivesOn: rows(r.LivesOn, func(t account.LiveToken) livesOn {
			return livesOn{t.Kind, timestamp(t.Until), text.Printable(t.Issuer)}
		}),
		HostedState: r.HostedCleared,
		StillInForce: rows(r.StillActive, func(a account.StillActive) stillInForce {
			return stillInForce{a.Variable, a.Store, a.Provider}
		}),
		NotLookedInto: rows(r.NotSearched, func(n account.NotSearched) notLookedInto { return notLookedInto(n) }),
		Failures: rows(r.Failures, func(f account.Failure) failureReport {
			return failureReport{f.Store, f.Provider, words.Sentence(f.Err)}
		}),
		Error: p.reportOf(err),
	}
}

// signOut removes the credentials in the scope, ends their sessions at the service, and
// reports store by store. With ask, the person decides how often to retry the latter.
func (p *program) signOut(ctx context.Context, scope account.Scope, ask bool) error {
	r := p.account.SignOut(ctx, scope)
	if !p.json {
		p.sayAll(words.Removed(r, p.profile()))
	}
	r.Settle(p.account, p.endSessions(ctx, r.Sessions, ask))
	err := words.SignOutError(r, p.here())
	unsearched := words.Unsearched(r)
	if p.json {
		p.sayAll(slices.DeleteFunc(unsearched, func(l words.Line) bool { return !l.Warns }))
		p.printJSON(p.logoutReport(r, err))
		return err
	}
	p.sayAll(unsearched)
	p.sayAll(words.SignedOut(r, p.env.Now()))
	return err
}

// endSessions ends sessions at the service. If ask is set, it asks the person whether
// to retry temporary failures.
func (p *program) endSessions(ctx context.Context, sessions []auth.Credential, ask bool) (settled []account.Ending) {
	for {
		var left []auth.Credential
		endings := p.account.EndSessions(ctx, sessions)
		for _, e := range endings {
			if e.Temporary() {
				left = append(left, e.Session)
			}
		}
		p.sayAll(words.EndingFailures(endings))
		settled = append(settled, endings...)
		if len(left) == 0 || !ask {
			return settled
		}
		p.say("Press Enter to try again, or Ctrl-C to stop.")
		if !p.entered(ctx) {
			return settled
		}
		settled, sessions = slices.DeleteFunc(settled, account.Ending.Temporary), left
	}
}

// entered waits until a line is typed. It returns false if the input or ctx ends first;
// the read may still be blocked then, until the program exits.
func (p *program) entered(ctx context.Context) bool {
	typed := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(p.stdin).ReadString('\n')
		typed <- err
	}()
	select {
	case err := <-typed:
		return err == nil
	case <-ctx.Done():
		return false
	}
}
