package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show which credential is active, and what it hides",
		Description: `Reads the environment, the keychain and auth.json, and reports what each
holds. Exits with 64 if no credential is active. Prints no secrets.

Examples:
  mogplex auth status
  mogplex auth status --check            ask the service as well
  mogplex auth status --provider openai
  mogplex auth status --json
  mogplex auth status --short            one line, for a shell prompt
  mogplex auth status --within 3d        fail if the sign-in ends before`,
		Flags: []cli.Flag{
			jsonFlag(), providerFlag(),
			&cli.BoolFlag{Name: "check", Usage: "ask the service if it accepts the credential"},
			&cli.StringFlag{Name: "within", Usage: "exit with 64 if the sign-in ends within `TIME`, such as 3d"},
			&cli.BoolFlag{Name: "short", Usage: "print one line"},
		},
		Action: p.command(p.status),
	}
}

// statusReport is the object of --json. Absent fields are omitted.
type statusReport struct {
	SignedIn bool            `json:"signed_in"`
	Profile  profileReport   `json:"profile"`
	Active   *activeReport   `json:"active,omitempty"`
	Layers   []layerReport   `json:"layers"`
	Warnings []string        `json:"warnings,omitempty"`
	Checked  account.Checked `json:"checked,omitempty"` // with --check
	Error    *report         `json:"error,omitempty"`
}

// profileReport is the profile of a command, and what chose it.
type profileReport struct {
	Name     string          `json:"name"`
	ChosenBy settings.Choice `json:"chosen_by"`
	Rule     string          `json:"rule,omitempty"` // the directory of the rule, as config.toml has it
}

type activeReport struct {
	Provider    string        `json:"provider"`
	Source      string        `json:"source"`
	Type        auth.Type     `json:"type"`
	Account     *auth.Account `json:"account,omitempty"`
	Issuer      string        `json:"issuer,omitempty"`
	Scopes      []string      `json:"scopes,omitempty"`
	ExpiresAt   string        `json:"expires_at,omitempty"`
	SignInEnds  string        `json:"sign_in_expires_at,omitempty"`
	Refreshable bool          `json:"refreshable"`
}

type layerReport struct {
	Layer      string     `json:"layer"`
	Name       string     `json:"name,omitempty"`
	Backend    string     `json:"backend,omitempty"`
	Path       string     `json:"path,omitempty"`
	State      auth.State `json:"state"`
	InForce    bool       `json:"in_force,omitempty"`
	ShadowedBy string     `json:"shadowed_by,omitempty"`
	Stray      bool       `json:"stray,omitempty"`
	Displaced  bool       `json:"displaced,omitempty"`
}

func (p *program) status(ctx context.Context, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	within, err := withinValue(c)
	if err != nil {
		return err
	}
	short := c.Bool("short")
	switch {
	case short && p.json:
		return settings.UsageError("use one of --short and --json")
	case short: // a shell prompt must not open the prompt of a keychain, or report progress
		ctx, p.account.Progress = p.account.Manager.Unattended(ctx), account.Progress{}
	}
	st, err := p.account.Status(ctx, provider, c.Bool("check"))
	if err != nil && err == ctx.Err() {
		return err
	}
	if errors.Is(err, hosted.ErrUnauthorized) {
		err = settings.HintError{Err: err, Hint: refusedHint(st.Result)}
	}
	if err == nil && within > 0 {
		err = p.endsWithin(&st, within)
	}
	if short {
		fmt.Fprintln(p.stdout, shortStatus(st, p.account.ProfileName(), p.here().Of(err), p.env.Now()))
		return silenced(err)
	}
	r := p.statusReport(ctx, st, err)
	if p.json {
		p.printJSON(r)
		return err
	}
	printStatus(p.stdout, r, st, p.env.Now())
	p.warnBefore(err, r.Warnings)
	return err
}

func (p *program) statusReport(ctx context.Context, st account.Status, err error) statusReport {
	r := statusReport{SignedIn: st.SignedIn, Checked: st.Checked, Error: p.reportOf(err)}
	r.Profile = profileReport{p.account.ProfileName(), p.account.ChosenBy, text.Printable(p.account.Rule)}
	r.Warnings = append(append(r.Warnings, st.Warnings...), st.Notices...)
	for _, f := range st.Findings {
		l := layerReport{Layer: f.Layer, Name: f.Name, Path: f.Path, State: f.State, ShadowedBy: f.ShadowedBy, Stray: f.Stray}
		l.Displaced = f.Layer == auth.InDisplaced
		l.InForce = f.Active && !l.Displaced // JSON marks the record of the keychain or the file instead
		if f.Layer == auth.InKeychain {
			l.Backend = st.Backend
		}
		r.Layers = append(r.Layers, l)
		if f.Stray {
			r.Warnings = append(r.Warnings, p.here().InProfile(strayWarning(f)))
		}
	}
	if !st.Found {
		return r
	}
	active := newActiveReport(st.Source, st.Credential)
	active.Refreshable = active.Refreshable && !st.Rejected()
	r.Active = &active
	if st.Source == auth.InFile {
		r.Warnings = append(r.Warnings, "the credential is stored in "+p.account.StoreName(ctx, st.Source, st.Path))
	}
	if err == nil && st.Checked == account.NotChecked {
		r.Warnings = append(r.Warnings, "only a Mogplex credential can be checked at the service")
	}
	return r
}

// accountReport returns an account for JSON; nil if nothing is known of it.
func accountReport(a auth.Account) *auth.Account {
	if a == (auth.Account{}) {
		return nil
	}
	return &auth.Account{ID: text.Printable(a.ID), Email: text.Printable(a.Email), Name: text.Printable(a.Name)}
}

// strayWarning reports a credential that is hidden by another layer's for the same
// provider, and how to remove it.
func strayWarning(f auth.Finding) string {
	c, whose := f.Record().Credential, ""
	if name := words.AccountName(c.Account); name != "" {
		whose = " (" + name + ")"
	}
	if f.Record().Later() {
		return fmt.Sprintf("the %s holds another credential of %s%s, which is not used: %v, and `%s` removes both",
			f.Layer, f.Provider, whose, auth.ErrLater, words.LogoutCommand(account.Scope{Provider: f.Provider}))
	}
	to := auth.InKeychain
	if f.Layer == to {
		to = auth.InFile
	}
	return fmt.Sprintf("the %s holds another credential of %s%s, which is not used: `%s` replaces both, "+
		"and `mogplex auth migrate --to %s --force` puts it in the place of the one in the %s",
		f.Layer, f.Provider, whose, outcome.StoreCommand(f.Provider), to, to)
}

// refusedHint returns the next step for a credential that the service refuses. Signing
// in does not help if a variable comes first.
func refusedHint(res auth.Result) string {
	switch p, _ := auth.ProviderNamed(res.Credential.Provider); {
	case res.Source == auth.Env:
		return "Correct " + p.Variable + ", or unset it."
	case res.Credential.Refreshable():
		return "Renew it with `mogplex auth refresh`; if that fails too, sign in again with `mogplex login`."
	}
	return "Sign in again with `mogplex login`."
}
