package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check what sign-in rests on, and how to fix it",
		Description: `Checks files, keychain, profiles, settings, clock, network and browser. It
prints no secrets, changes nothing, and never asks to unlock the keychain. Exits
with 1 if a check fails.

Examples:
  mogplex auth doctor
  mogplex auth doctor --probe      write and remove a keychain item as well
  mogplex auth doctor --fix        remove others' rights and leftover files
  mogplex auth doctor --json       for a bug report`,
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.BoolFlag{Name: "fix", Usage: "repair what is safe to repair"},
			&cli.BoolFlag{Name: "probe", Usage: "write, read and remove an item of the keychain"},
		},
		Action: func(c *cli.Context) error { return withHelp(c, p.doctor(c)) },
	}
}

// doctorReport is the object of --json.
type doctorReport struct {
	OK     bool          `json:"ok"`
	Checks []checkReport `json:"checks"`
}

type checkReport struct {
	Name    string             `json:"name"`
	State   account.CheckState `json:"state"`
	Message string             `json:"message"`
	Fix     string             `json:"fix,omitempty"`
}

// errUnhealthy gives a failed check exit code 1. The report has its message.
var errUnhealthy = errors.New("a check failed")

// doctor opens the account even if the settings are wrong, because they are one of the
// checks.
func (p *program) doctor(c *cli.Context) error {
	if err := checkLine(c); err != nil {
		return err
	}
	if emptyFlag(c, "profile") {
		return errEmptyProfile
	}
	profile := stringFlag(c, "profile")
	s, wrong := p.env.ReadSettings(profile)
	if wrong != nil && profile != "" && s.Profile == "" && s.Origin == "" {
		return wrong // the flag is wrong, not the machine
	}
	p.catchSignals()
	p.account = account.OpenReadOnly(p.env, s)
	defer p.account.Close()
	p.account.Progress = p.progress()

	r := doctorReport{OK: true, Checks: []checkReport{}}
	warnings, failures := 0, 0
	opt := account.DoctorOptions{Settings: wrong, Probe: c.Bool("probe"), Fix: c.Bool("fix")}
	err := p.account.Doctor(c.Context, opt, func(found account.Check) {
		row := p.checkReport(found)
		r.Checks = append(r.Checks, row)
		switch row.State {
		case account.CheckWarning:
			warnings++
		case account.CheckFailure:
			failures++
			r.OK = false
		}
		if !p.json {
			p.printCheck(row)
		}
	})
	switch {
	case err != nil:
		return err
	case p.json:
		p.printJSON(r)
	default:
		fmt.Fprintf(p.stdout, "\n%d failed, %d with a warning, of %d checks.\n", failures, warnings, len(r.Checks))
	}
	if !r.OK {
		return silent{errUnhealthy}
	}
	return nil
}

// checkReport puts a check into words. Fix names the profile that it is for.
func (p *program) checkReport(c account.Check) checkReport {
	here := p.here()
	if c.Profile != "" {
		here.Profile = c.Profile
	}
	fix := here.InProfile(c.Fix)
	if fix == "" && c.Err != nil {
		fix = here.Of(c.Err).Hint
	}
	return checkReport{c.Name, c.State, words.Sentence(errors.New(c.Message)), text.Printable(fix)}
}

const (
	doctorWidth  = 80
	doctorIndent = 24 // of the messages
)

// printCheck writes a check as text.
func (p *program) printCheck(row checkReport) {
	width := doctorWidth
	if got := p.stdoutWidth(); got > 0 {
		width = min(got, width)
	}
	message := row.Message
	if row.Fix != "" {
		message += "\nFix: " + row.Fix
	}
	lines := text.Wrap(message, max(width-doctorIndent, doctorIndent))
	head := fmt.Sprintf("%-7s %-15s ", row.State, row.Name)
	fmt.Fprintln(p.stdout, head+strings.ReplaceAll(lines, "\n", "\n"+strings.Repeat(" ", doctorIndent)))
}
