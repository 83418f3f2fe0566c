package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) listCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the profiles and what each holds",
		Description: `Lists the profiles of this state directory with their stored credentials, of
all providers and services. A * marks the profile that is active here. Asks
nothing of the service. Prints no secrets.

Examples:
  mogplex auth list
  mogplex auth list --json`,
		Flags:  []cli.Flag{jsonFlag()},
		Action: p.command(p.list),
	}
}

// profilesReport is the object of --json.
type profilesReport struct {
	Profiles []listedProfile `json:"profiles"`
	Error    *report         `json:"error,omitempty"`
}

type listedProfile struct {
	Name        string           `json:"name"`
	InForce     bool             `json:"in_force"`
	ChosenBy    settings.Choice  `json:"chosen_by,omitempty"` // of the active one
	Credentials []listedHoldings `json:"credentials"`
}

type listedHoldings struct {
	Provider    string        `json:"provider"`
	Type        auth.Type     `json:"type"`
	Issuer      string        `json:"issuer,omitempty"`
	Account     *auth.Account `json:"account,omitempty"`
	Store       string        `json:"store"`
	ExpiresAt   string        `json:"expires_at,omitempty"`
	Refreshable bool          `json:"refreshable"`
}

func (p *program) list(ctx context.Context, _ *cli.Context) error {
	profiles, warnings, err := p.account.Profiles(ctx)
	if ctx.Err() != nil || profiles == nil {
		return cmp.Or(ctx.Err(), err)
	}
	if p.json {
		p.printJSON(profilesReport{rows(profiles, p.listedProfile), p.reportOf(err)})
	} else {
		_, _ = io.WriteString(p.stdout, profileTable(profiles, nothing(err), p.env.Now(), p.stdoutWidth())) // run reports a failed write
	}
	p.warn(warnings...)
	for _, set := range p.account.EnvProviders() {
		p.warn(set.Variable + " is set, and comes before what the profiles hold")
	}
	return err
}

func (p *program) listedProfile(profile account.Profile) listedProfile {
	l := listedProfile{Name: profile.Name, InForce: profile.Active}
	if profile.Active {
		l.ChosenBy = p.account.ChosenBy
	}
	l.Credentials = rows(profile.Holdings, func(h account.Holding) listedHoldings {
		return listedHoldings{h.Provider, h.Type, text.Printable(h.Issuer), accountReport(h.Account), h.Store, timestamp(h.ExpiresAt), h.Refreshable}
	})
	return l
}

// nothing describes a profile in which nothing was found, with the error of the search.
func nothing(err error) string {
	if err != nil {
		return "not known"
	}
	return "nothing stored"
}

func profileTable(profiles []account.Profile, nothing string, now time.Time, width int) string {
	cells := [][]string{{"", "PROFILE", "PROVIDER", "ACCOUNT", "SERVICE", "STORE", "ENDS"}}
	for _, profile := range profiles {
		mark := ""
		if profile.Active {
			mark = "*"
		}
		for _, h := range profile.Holdings {
			cells = append(cells, []string{mark, profile.Name, h.Provider, holder(h), h.Issuer, h.Store, ends(h, now)})
		}
		if len(profile.Holdings) == 0 {
			cells = append(cells, []string{mark, profile.Name, "-", nothing, "", "", ""})
		}
	}
	return table(cells, nil, []int{4, 6, 5}, width)
}

// holder names the account of a credential, or its kind if no account is known.
func holder(h account.Holding) string {
	switch name := words.AccountName(h.Account); {
	case name != "":
		return name
	case h.Type == auth.PAT:
		return "personal access token"
	case h.Type == auth.APIKey:
		return "API key"
	}
	return "browser sign-in"
}

// ends says when a credential ends, as far as is known.
func ends(h account.Holding, now time.Time) string {
	switch end := h.SignInExpiresAt; {
	case h.Refreshable && !end.IsZero():
		return "in " + text.Duration(end.Sub(now))
	case h.Refreshable:
		return "renewed automatically"
	case h.ExpiresAt.IsZero():
		return "-"
	case h.Expired(now):
		return "expired"
	}
	return "in " + text.Duration(h.ExpiresAt.Sub(now))
}

// profilesText returns the list of the profiles for the app, in lines that fit a narrow
// screen.
func (p *program) profilesText(ctx context.Context) (string, error) {
	profiles, warnings, err := p.account.Profiles(ctx)
	var shown strings.Builder
	for _, profile := range profiles {
		mark := "  "
		if profile.Active {
			mark = "* "
		}
		for _, h := range profile.Holdings {
			fmt.Fprintf(&shown, "%s%s: %s, %s, in the %s\n", mark, profile.Name, h.Provider, holder(h), h.Store)
		}
		if len(profile.Holdings) == 0 {
			fmt.Fprintf(&shown, "%s%s: %s\n", mark, profile.Name, nothing(err))
		}
	}
	writeWarnings(&shown, warnings)
	return shown.String(), err
}
