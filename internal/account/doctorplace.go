package account

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// checkVariables reports what the variables of the providers hide, and values that can't
// be keys.
func (d *doctor) checkVariables(ctx context.Context) (rows []Check) {
	m := d.newManager(d.Settings, d.file)
	m.Layers = nil
	res, _ := m.Resolve(ctx, auth.Query{All: true}) // without stores, the findings are what counts
	var set, errs []string
	for _, f := range res.Findings {
		switch f.State {
		case auth.Present:
			set = append(set, f.Name)
		case auth.Corrupt:
			errs = append(errs, f.Err.Error())
			rows = append(rows, Check{State: CheckFailure, Message: f.Err.Error(), Fix: "Correct " + f.Name + ", or unset it."})
		}
	}
	for _, w := range res.Warnings {
		if !slices.Contains(errs, w) {
			rows = append(rows, Check{State: CheckWarning, Message: w, Fix: "Correct the variable, or unset it."})
		}
	}
	names := strings.Join(set, ", ")
	switch {
	case names != "" && d.stored:
		rows = append(rows, Check{State: CheckWarning, Message: "set, so that nothing stored is used unless its provider is named: " + names,
			Fix: "Unset it to use what is stored."})
	case names != "":
		rows = append(rows, ok("set: %s", names)...)
	case len(rows) == 0:
		rows = ok("none of the providers' variables is set")
	}
	return rows
}

// checkPorts tries to listen on the callback ports.
func (d *doctor) checkPorts(context.Context) []Check {
	if slices.Contains(d.CallbackPorts, 0) {
		return ok("a sign-in here uses any free port")
	}
	free, taken := d.tryPorts()
	switch {
	case len(free) == 0:
		return []Check{{State: CheckWarning, Message: strings.Join(taken, "; "),
			Fix: "Free one of them, or paste the address where the browser ends into `mogplex login --no-browser`."}}
	case len(taken) > 0:
		return ok("%s; %s is free, which is enough", strings.Join(taken, "; "), strings.Join(free, ", "))
	}
	return ok("%s are free", strings.Join(free, ", "))
}

// checkBrowser reports whether a sign-in can open a browser.
func (d *doctor) checkBrowser(context.Context) []Check {
	paste := "Sign in with `mogplex login --no-browser`: open the address elsewhere, and paste the one where the browser ends."
	site := d.env.Site()
	if !site.Browser {
		return []Check{{State: CheckWarning, Message: "no browser can open here: " + site.What, Fix: paste}}
	}
	chosen := d.env.Getenv("BROWSER")
	if chosen == "" && runtime.GOOS != "linux" {
		return ok("%s: the system's default browser", site.Name)
	}
	programs := []string{"xdg-open", "x-www-browser", "www-browser", "wslview"}
	if chosen != "" {
		programs = nil
		for entry := range strings.SplitSeq(chosen, string(filepath.ListSeparator)) {
			programs = append(programs, strings.TrimSpace(entry))
			programs = append(programs, strings.Fields(entry)[:min(1, len(strings.Fields(entry)))]...)
		}
	}
	for _, program := range programs {
		if path, err := exec.LookPath(program); err == nil {
			return ok("%s: %s opens it", site.Name, path)
		}
	}
	if chosen != "" {
		return []Check{{State: CheckWarning, Message: "BROWSER names no program that is installed", Fix: "Correct BROWSER, or unset it."}}
	}
	return []Check{{State: CheckWarning, Message: "no program that opens a browser is installed, such as xdg-open", Fix: paste}}
}
