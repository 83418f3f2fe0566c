package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// printStatus writes the report as text.
func printStatus(w io.Writer, r statusReport, st account.Status, now time.Time) {
	out := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	switch {
	case r.SignedIn:
		out("%s", headline(st.Credential))
	case r.Active != nil && st.Credential.Expired(now):
		out("The active credential has expired.")
	case r.Active != nil:
		out("The service refuses the active credential.")
	default:
		out("No credential is active.")
	}
	out("")
	out("  profile   %s", profileTitle(r.Profile))
	if a := r.Active; a != nil {
		out("  from      %s", sourceName(r))
		out("  kind      %s", kind(st.Result, now))
		if end := st.Credential.SignInExpiresAt; !end.IsZero() {
			out("  sign-in   ends in %s", text.Duration(end.Sub(now)))
		}
		if a.Issuer != "" {
			out("  service   %s", a.Issuer)
		}
		if r.Checked == account.Accepted {
			out("  checked   the service accepts it")
		}
	}
	out("")
	out("Searched in this order:")
	for _, l := range r.Layers {
		out("  %-12s%-20s%s", layerTitle(l.Layer), stateTitle(l), text.Printable(l.Name+l.Backend+l.Path))
	}
}

// headline names the signed-in account, in one line.
func headline(c auth.Credential) string {
	switch name := words.AccountName(c.Account); {
	case c.Provider != auth.Mogplex:
		return fmt.Sprintf("A key of %s is active.", c.Provider)
	case name != "":
		return fmt.Sprintf("Signed in to Mogplex as %s.", name)
	}
	return "Signed in to Mogplex."
}

func sourceName(r statusReport) string {
	for _, l := range r.Layers {
		if l.InForce {
			return layerTitle(l.Layer) + ": " + text.Printable(l.Name+l.Backend+l.Path)
		}
	}
	return r.Active.Source
}

func kind(res auth.Result, now time.Time) string {
	c := res.Credential
	switch {
	case c.Type == auth.PAT:
		return "personal access token"
	case c.Type == auth.APIKey:
		return "API key"
	case res.Rejected():
		return "browser sign-in, no longer renewable; token " + words.Lifetime(c, now)
	case c.Refreshable():
		return "browser sign-in, renewed automatically; token " + words.Lifetime(c, now)
	}
	return "browser sign-in, not renewable; token " + words.Lifetime(c, now)
}

func layerTitle(layer string) string {
	if layer == auth.Env {
		return "environment"
	}
	return layer
}

// stateTitle names a layer's state in a word or two.
func stateTitle(l layerReport) string {
	switch {
	case l.InForce:
		return "active"
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

// statusText returns the report for the app.
func (p *program) statusText(ctx context.Context) (string, error) {
	st, err := p.account.Status(ctx, "", false)
	var shown strings.Builder
	r := p.statusReport(ctx, st, err)
	printStatus(&shown, r, st, p.env.Now())
	writeWarnings(&shown, r.Warnings)
	return shown.String(), err
}

func writeWarnings(b *strings.Builder, warnings []string) {
	for _, w := range warnings {
		b.WriteString("Warning: " + words.Warning(w) + "\n")
	}
}

// profileTitle names a profile and what chose it.
func profileTitle(r profileReport) string {
	switch r.ChosenBy {
	case settings.ByFlag:
		return r.Name + ", from --profile"
	case settings.ByEnv:
		return r.Name + ", from MOGPLEX_PROFILE"
	case settings.ByRule:
		return r.Name + ", by the rule for " + r.Rule
	case settings.BySwitch:
		return r.Name + ", by `mogplex auth switch`"
	case settings.ByApp:
		return r.Name + ", by /profile"
	}
	return r.Name
}
