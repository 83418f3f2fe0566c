package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func (p *program) statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "say what is in force, where it came from, and what it hides",
		Description: `Asks the environment, the keychain and auth.json, and reports what each said.
Exits with 64 where nothing is in force. Shows no secret.

Examples:
  mogplex auth status
  mogplex auth status --check              ask the service whether it is accepted
  mogplex auth status --provider openai
  mogplex auth status --json`,
		Flags: []cli.Flag{
			jsonFlag(), providerFlag(),
			&cli.BoolFlag{Name: "check", Usage: "ask the service whether the credential is still accepted"},
		},
		Action: p.command(status),
	}
}

// statusReport is the object of --json. Absent fields are omitted.
type statusReport struct {
	SignedIn bool          `json:"signed_in"`
	Active   *activeReport `json:"active,omitempty"`
	Layers   []layerReport `json:"layers"`
	Warnings []string      `json:"warnings,omitempty"`
	Checked  string        `json:"checked,omitempty"` // with --check: "accepted" or "not_checked"
	Error    *report       `json:"error,omitempty"`
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

func status(ctx context.Context, s *session, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	return s.tellStatus(ctx, auth.Query{Provider: provider, All: true}, c.Bool("check"))
}

// tellStatus prints what is in force, asking the service about it with check.
func (s *session) tellStatus(ctx context.Context, q auth.Query, check bool) (err error) {
	var res auth.Result
	err = s.patiently("Waiting for the keychain", func() error {
		res, err = s.auth.Resolve(ctx, q)
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := s.statusReport(ctx, res)
	if err = s.explain(q.Provider, res, s.unusable(res, err)); err == nil && check {
		r.Checked, err = s.check(ctx, res.Credential, &r)
	}
	if errors.Is(err, hosted.ErrUnauthorized) {
		r.SignedIn, err = false, hinted{err, refusedHint(res)}
	}
	r.Error = s.reportOf(err)
	if s.json {
		s.printJSON(r)
		return err
	}
	s.printStatus(r, res)
	return err
}

// unusable adds to a resolution's error that the credential it found is dead.
func (s *session) unusable(res auth.Result, err error) error {
	if err == nil && res.Credential.Expired(s.now()) && !res.Credential.Refreshable() {
		return auth.ErrExpired
	}
	return err
}

func (s *session) statusReport(ctx context.Context, res auth.Result) statusReport {
	r := statusReport{SignedIn: res.Found && s.unusable(res, nil) == nil}
	r.Warnings = append(append(r.Warnings, res.Warnings...), s.file.Notices()...)
	for _, f := range res.Findings {
		r.Layers = append(r.Layers, s.layerReport(ctx, f))
		if f.Stray {
			r.Warnings = append(r.Warnings, s.strayWarning(f))
		}
	}
	if !res.Found {
		return r
	}
	c := res.Credential
	r.Active = &activeReport{
		Provider: c.Provider, Source: res.Source, Type: c.Type, Issuer: printable(c.Issuer),
		Scopes: c.Scopes, Refreshable: c.Refreshable(),
	}
	if c.Account != (auth.Account{}) {
		r.Active.Account = &auth.Account{ID: printable(c.Account.ID), Email: printable(c.Account.Email), Name: printable(c.Account.Name)}
	}
	r.Active.ExpiresAt, r.Active.SignInEnds = timestamp(c.ExpiresAt), timestamp(c.SignInExpiresAt)
	if res.Source == auth.InFile {
		r.Warnings = append(r.Warnings, "the credential is kept in "+s.place(ctx, res.Source, res.Path))
	}
	return r
}

// strayWarning says what settles a credential that another layer's hides.
func (s *session) strayWarning(f auth.Finding) string {
	c, whose := f.Record().Credential, ""
	if name := accountName(c.Account); name != "" {
		whose = " (" + name + ")"
	}
	if f.Record().Later() {
		return s.inProfile(fmt.Sprintf("the %s holds another credential of %s%s, which is not used: %v, and `%s` removes both",
			f.Layer, f.Provider, whose, auth.ErrLater, logoutScope{provider: f.Provider}.command()))
	}
	to := auth.InKeychain
	if f.Layer == to {
		to = auth.InFile
	}
	return s.inProfile(fmt.Sprintf("the %s holds another credential of %s%s, which is not used: `%s` replaces both, "+
		"and `mogplex auth migrate --to %s --force` puts it in the place of the one in the %s",
		f.Layer, f.Provider, whose, keyError{provider: f.Provider}.command(), to, to))
}

// timestamp is a time as JSON has it; empty if it is not known.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (s *session) layerReport(ctx context.Context, f auth.Finding) layerReport {
	r := layerReport{Layer: f.Layer, Name: f.Name, State: f.State, InForce: f.Active, ShadowedBy: f.ShadowedBy, Stray: f.Stray}
	r.Path, r.Displaced = f.Path, f.Layer == auth.InDisplaced
	r.InForce = f.Active && !r.Displaced                          // it belongs to the record of the keychain or the file
	silent := f.State == auth.Disabled || f.State == auth.Timeout // it is asked no more
	if f.Layer == auth.InKeychain && !silent {
		r.Backend = s.keychain.attended.Backend(ctx)
	}
	return r
}

// check asks the service about the account's credential; keys of providers are
// not its business.
func (s *session) check(ctx context.Context, c auth.Credential, r *statusReport) (string, error) {
	if c.Provider != auth.Mogplex {
		r.Warnings = append(r.Warnings, "only a Mogplex credential can be checked at the service")
		return "not_checked", nil
	}
	if c.Expired(s.now()) {
		return "not_checked", fmt.Errorf("%s %w: the token has expired", s.origin, errNotAsked)
	}
	err := s.patiently("Asking "+s.origin, func() error { return s.api().Check(ctx, c.Token.Reveal()) })
	switch {
	case errors.Is(err, hosted.ErrUnauthorized), errors.Is(err, hosted.ErrForbidden): // it was asked
		return "", fmt.Errorf("%s: %w", s.origin, err)
	case err != nil:
		return "not_checked", fmt.Errorf("%s: %w", s.origin, err)
	}
	return "accepted", nil
}

// errNotAsked is why --check has no answer.
var errNotAsked = errors.New("was not asked")

// refusedHint is what helps against a credential that the service refuses.
// Signing in does not where a variable comes first.
func refusedHint(res auth.Result) string {
	switch p, _ := auth.ProviderNamed(res.Credential.Provider); {
	case res.Source == auth.Env:
		return "Correct " + p.Variable + ", or unset it."
	case res.Credential.Refreshable():
		return "Renew it with `mogplex auth refresh`; if that fails too, sign in again with `mogplex login`."
	}
	return "Sign in again with `mogplex login`."
}

func (s *session) printStatus(r statusReport, res auth.Result) {
	out := func(format string, args ...any) { fmt.Fprintf(s.stdout, format+"\n", args...) }
	switch {
	case r.SignedIn:
		out("%s", headline(r.Active))
	case r.Active != nil && res.Credential.Expired(s.now()):
		out("The credential in force has expired.")
	case r.Active != nil:
		out("The credential in force is refused by the service.")
	default:
		out("No credential is in force.\n")
	}
	if a := r.Active; a != nil {
		out("")
		out("  from      %s", s.sourceName(r))
		out("  kind      %s", kind(res.Credential, s.now()))
		if end := res.Credential.SignInExpiresAt; !end.IsZero() {
			out("  sign-in   ends in %s", roughly(end.Sub(s.now())))
		}
		if a.Issuer != "" {
			out("  service   %s", a.Issuer)
		}
		if r.Checked == "accepted" {
			out("  checked   the service accepts it")
		}
		out("")
	}
	out("Where it was looked for, in this order:")
	for _, l := range r.Layers {
		out("  %-12s%-20s%s", layerTitle(l.Layer), said(l), printable(l.Name+l.Backend+l.Path))
	}
	s.warn(r.Warnings...)
}

// headline says who is signed in, in one line.
func headline(a *activeReport) string {
	switch {
	case a.Provider != auth.Mogplex:
		return fmt.Sprintf("A key of %s is in force.", a.Provider)
	case a.Account != nil && accountName(*a.Account) != "":
		return fmt.Sprintf("Signed in to Mogplex as %s.", accountName(*a.Account))
	}
	return "Signed in to Mogplex."
}

func (s *session) sourceName(r statusReport) string {
	for _, l := range r.Layers {
		if l.InForce {
			return layerTitle(l.Layer) + ": " + printable(l.Name+l.Backend+l.Path)
		}
	}
	return r.Active.Source
}

func kind(c auth.Credential, now time.Time) string {
	switch c.Type {
	case auth.PAT:
		return "personal access token"
	case auth.APIKey:
		return "API key"
	}
	if c.Refreshable() {
		return "browser sign-in, renewed by itself; the token " + lifetime(c, now)
	}
	return "browser sign-in, not renewable; the token " + lifetime(c, now)
}

func layerTitle(layer string) string {
	if layer == auth.Env {
		return "environment"
	}
	return layer
}

// said puts a layer's state into a word or two.
func said(l layerReport) string {
	switch {
	case l.InForce:
		return "in force"
	case l.Displaced:
		return "to be stored"
	case l.Stray:
		return "not used"
	case l.ShadowedBy != "":
		return "hidden by " + l.ShadowedBy
	case l.State == auth.Timeout:
		return "timed out"
	}
	return string(l.State)
}
