package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) switchCommand() *cli.Command {
	return &cli.Command{
		Name:      "switch",
		Usage:     "choose the profile for commands that name none",
		ArgsUsage: "NAME",
		Description: `Stores the choice in the state directory. --profile, MOGPLEX_PROFILE and a rule
for the working directory come before it. The app keeps the profile that it
started with.

Examples:
  mogplex auth switch work
  mogplex auth switch default`,
		Action: p.switchProfile,
	}
}

// switchProfile opens the account of the profile in the argument, so that a file with a
// choice that can't be read is replaced.
func (p *program) switchProfile(c *cli.Context) error {
	p.catchSignals()
	err := rootFlagsAlone(c)
	switch {
	case err != nil:
	case setAt(c, "profile") != nil:
		err = settings.UsageError("name the profile after `mogplex auth switch`, without --profile")
	case c.NArg() > 1:
		err = unexpectedArgument(c.Args().Get(1))
	case c.Args().First() == "":
		err = settings.UsageError("name the profile to switch to; `mogplex auth list` lists them")
	}
	if err != nil {
		return withHelp(c, err)
	}
	s, err := p.env.ReadSettings(c.Args().First())
	if err != nil {
		return withHelp(c, err)
	}
	p.openWith(c, s)
	defer p.account.Close()
	if err := s.SwitchProfile(); err != nil {
		return err
	}
	p.say("The profile is now %s.", s.ProfileName())
	p.warnOverride(s)
	p.sayHolder(c.Context)
	return nil
}

// warnOverride warns if something comes before the choice here.
func (p *program) warnOverride(chosen settings.Settings) {
	here, err := p.env.ReadSettings("")
	switch {
	case err != nil:
		p.warn(words.Sentence(err))
	case here.ProfileName() != chosen.ProfileName():
		r := profileReport{here.ProfileName(), here.ChosenBy, here.Rule}
		p.warn("in this directory and terminal the profile is still " + profileTitle(r))
	}
}

// sayHolder says whose credentials the profile holds.
func (p *program) sayHolder(ctx context.Context) {
	profiles, warnings, err := p.account.Profiles(ctx)
	p.warn(warnings...)
	if err != nil {
		p.warn("what it holds is not known: " + words.Sentence(err))
		return
	}
	var held, others []string
	for _, profile := range profiles {
		for _, h := range profile.Holdings {
			if profile.Active {
				held = append(held, fmt.Sprintf("%s: %s", h.Provider, holder(h)))
			}
		}
		if !profile.Active && len(profile.Holdings) > 0 {
			others = append(others, profile.Name)
		}
	}
	if len(held) > 0 {
		p.say("It holds %s.", strings.Join(held, ", "))
	} else {
		p.say("Nothing is stored for it. %s%s", didYouMean(p.nearestProfile()), p.here().InProfile("Sign in with `mogplex login`."))
		if len(others) > 0 {
			p.say("Profiles with credentials: %s.", strings.Join(others, ", "))
		}
	}
	for _, set := range p.account.EnvProviders() {
		p.warn(set.Variable + " is set, and comes before what the profile holds")
	}
}
