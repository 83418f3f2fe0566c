package account

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// CheckState is the result of a check.
type CheckState string

// The results of a check.
const (
	CheckOK      CheckState = "ok"
	CheckWarning CheckState = "warn" // it works, or will with the next step
	CheckFailure CheckState = "fail"
	CheckSkipped CheckState = "skipped"
)

// Check is a row of the report of [Account.Doctor]. It has no secret.
type Check struct {
	Name    string
	State   CheckState
	Message string // what was found, and what it means
	Fix     string // what to do; if it is empty, the class of Err says it
	Err     error
	Profile string // the profile that Fix is for; empty for that of the account

	// repair does what Fix says, for --fix; nil if that is not safe.
	repair func(context.Context) error
}

// DoctorOptions are the options of [Account.Doctor].
type DoctorOptions struct {
	Settings error // why ReadSettings failed
	Probe    bool  // write, read and remove an item of the keychain
	Fix      bool  // repair what is safe to repair
}

// The keychain and the network each have this long in all, whatever hangs.
const (
	keychainLimit = 3 * time.Second
	networkLimit  = 3 * time.Second
)

// OpenReadOnly is [Open] for an account whose methods must not repair the permissions of
// files when they read them.
func OpenReadOnly(env settings.Env, s settings.Settings) *Account {
	s.ReadOnly = true
	return Open(env, s)
}

// Doctor checks what sign-in rests on, and calls report with each result. Without Probe
// and Fix it only reads, and the keychain never prompts. The error is ctx's. Open the
// account with OpenReadOnly.
func (a *Account) Doctor(ctx context.Context, opt DoctorOptions, report func(Check)) error {
	d := &doctor{Account: a, opt: opt}
	for _, check := range doctorChecks {
		for _, c := range check.run(d, unattended(ctx)) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.Name = cmp.Or(c.Name, check.name)
			report(d.repaired(ctx, c))
		}
	}
	return ctx.Err()
}

// doctor is one run of the checks, and what the later ones need of the earlier ones.
type doctor struct {
	*Account
	opt     DoctorOptions
	items   items       // of the keychain
	stored  bool        // the account's profile has a credential
	active  auth.Result // the active credential
	service serviceAnswer
}

// doctorChecks are in the order of the report. A row without a name has that of its
// check.
var doctorChecks = []struct {
	name string
	run  func(*doctor, context.Context) []Check
}{
	{"version", (*doctor).checkVersion},
	{"settings", (*doctor).checkSettings},
	{"state_directory", (*doctor).checkDirectory},
	{"files", (*doctor).checkFiles},
	{"leftovers", (*doctor).checkLeftovers},
	{"locks", (*doctor).checkLocks},
	{"logs", (*doctor).checkLogs},
	{"keychain", (*doctor).checkKeychain},
	{"keychain_items", (*doctor).checkItems},
	{"keychain_probe", (*doctor).checkProbe},
	{"profile", (*doctor).checkProfiles},
	{"variables", (*doctor).checkVariables},
	{"credential", (*doctor).checkCredential},
	{"proxy", (*doctor).checkProxy},
	{"certificates", (*doctor).checkCertificates},
	{"service", (*doctor).checkService},
	{"clock", (*doctor).checkClock},
	{"token", (*doctor).checkToken},
	{"callback_ports", (*doctor).checkPorts},
	{"browser", (*doctor).checkBrowser},
}

// repaired repairs what a check found, if that is asked for and safe.
func (d *doctor) repaired(ctx context.Context, c Check) Check {
	switch {
	case c.repair == nil:
		return c
	case !d.opt.Fix:
		c.Fix = "Run `mogplex auth doctor --fix` to " + c.Fix
		return c
	}
	if err := c.repair(ctx); err != nil {
		c.Message += fmt.Sprintf("; --fix failed: %v", err)
		return c
	}
	return Check{Name: c.Name, State: CheckOK, Message: "fixed: " + c.Message}
}

func (d *doctor) checkVersion(context.Context) []Check {
	return ok("mogplex %s on %s/%s, %s", d.env.Version, runtime.GOOS, runtime.GOARCH, d.env.Site().Name)
}

// checkSettings reports the error of ReadSettings. What rests on a setting that could not
// be read is skipped.
func (d *doctor) checkSettings(context.Context) []Check {
	if d.opt.Settings != nil {
		return []Check{{State: CheckFailure, Message: d.opt.Settings.Error(), Err: d.opt.Settings}}
	}
	var rows []Check
	for _, notice := range d.Settings.Notices {
		rows = append(rows, Check{State: CheckWarning, Message: notice})
	}
	return append(rows, ok("profile %s, credential_store %s, service %s", cmp.Or(d.Profile, settings.DefaultProfile), d.Store, d.Origin)...)
}

// ok returns one row without a fault.
func ok(format string, args ...any) []Check {
	return []Check{{State: CheckOK, Message: fmt.Sprintf(format, args...)}}
}

// roundTrip returns the time since start, as people read it.
func roundTrip(start time.Time) time.Duration {
	return max(time.Millisecond, time.Since(start).Round(time.Millisecond))
}

// skip returns one row for a check that was not made.
func skip(why string) []Check { return []Check{{State: CheckSkipped, Message: why}} }

const noSettings = "the settings could not be read"
