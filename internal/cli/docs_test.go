package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
)

const repository = "../.."

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// endings are all ways in which a command can fail, as "code exit".
func endings() (all []string) {
	outcome.Each(func(_ error, o outcome.Outcome) { all = append(all, fmt.Sprintf("%s %d", o.Code, o.Exit)) })
	slices.Sort(all)
	return slices.Compact(all)
}

// TestEveryEndingIsDocumented compares the table of errors with the code, both
// ways.
func TestEveryEndingIsDocumented(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]+) \\|")
	var documented []string
	for _, match := range row.FindAllStringSubmatch(readDoc(t, "docs/authentication.md"), -1) {
		documented = append(documented, match[1]+" "+match[2])
	}
	slices.Sort(documented)
	if got := endings(); !slices.Equal(got, documented) {
		t.Errorf("the code has\n%q\nand docs/authentication.md\n%q", got, documented)
	}
}

func TestEveryExitCodeIsInREADME(t *testing.T) {
	t.Parallel()
	text := readDoc(t, "README.md")
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitNotSignedIn, exitForbidden, exitUnavailable, exitTryAgain, outcome.CannotRun, outcome.NoCommand, exitInterrupted} {
		if !strings.Contains(text, fmt.Sprintf("| %d |", code)) {
			t.Errorf("exit code %d is not in README.md", code)
		}
	}
}

func TestEveryProviderIsInREADME(t *testing.T) {
	t.Parallel()
	text := readDoc(t, "README.md")
	for _, p := range auth.Providers() {
		if row := fmt.Sprintf("| %s | `%s` |", p.Name, p.Variable); !strings.Contains(text, row) {
			t.Errorf("README.md has no row %s", row)
		}
	}
}

// TestEveryCommandIsDocumented compares the commands and flags with those in README
// and the users' guides, both ways.
func TestEveryCommandIsDocumented(t *testing.T) {
	t.Parallel()
	text := readDoc(t, "README.md") + readDoc(t, "docs/authentication.md") + readDoc(t, "docs/automation.md")
	app := newProgram().app()
	known := []string{"mogplex"}
	check := func(path string, flags []cli.Flag) {
		known = append(known, path)
		if !regexp.MustCompile(regexp.QuoteMeta(path) + `\b`).MatchString(text) {
			t.Errorf("%s is not documented", path)
		}
		for _, flag := range flags {
			if name := "--" + flag.Names()[0]; !regexp.MustCompile(name + `\b`).MatchString(text) {
				t.Errorf("%s %s is not documented", path, name)
			}
		}
	}
	var walk func(path string, commands []*cli.Command)
	walk = func(path string, commands []*cli.Command) {
		for _, c := range commands {
			if c.Hidden {
				continue
			}
			check(path+" "+c.Name, c.Flags)
			walk(path+" "+c.Name, c.Subcommands)
		}
	}
	check("mogplex", app.Flags)
	walk("mogplex", app.Commands)

	for _, found := range regexp.MustCompile("(?m)(?:^|`|\\$ )(mogplex(?: (?:auth )?[a-z]+)?)").FindAllStringSubmatch(text, -1) {
		if !slices.Contains(known, found[1]) {
			t.Errorf("there is no command %q, which the documentation tells of", found[1])
		}
	}
}

// TestEveryJSONFieldIsPromised checks that docs/automation.md has each field of the
// commands that it is about.
func TestEveryJSONFieldIsPromised(t *testing.T) {
	t.Parallel()
	text := readDoc(t, "docs/automation.md")
	for _, object := range []any{tokenReport{}, headerReport{}, savedReport{}, replacedReport{}, auth.Account{}, statusReport{}, layerReport{}, profileReport{}, report{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(object)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !field.Anonymous && !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, `"`+name+`":`) {
				t.Errorf("the field %s of %T is not in docs/automation.md", name, object)
			}
		}
	}
}

// TestLinksResolve follows the relative links of every page, with their
// anchors.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	err := filepath.WalkDir(repository, func(page string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(page) != ".md" {
			return err
		}
		text, err := os.ReadFile(page)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(match[1], "://") {
				checkLink(t, page, match[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheThreatModelNamesTests checks that the tests in the tables exist and that
// few rows have none.
func TestTheThreatModelNamesTests(t *testing.T) {
	t.Parallel()
	text := readDoc(t, "docs/threat-model.md")
	named := regexp.MustCompile("`([a-z0-9_/]+_test\\.go):([A-Za-z]+)`").FindAllStringSubmatch(text, -1)
	for _, test := range named {
		if !strings.Contains(readDoc(t, test[1]), "func "+test[2]+"(") {
			t.Errorf("there is no %s in %s", test[2], test[1])
		}
	}
	for _, script := range regexp.MustCompile("`([a-z0-9_/]+\\.txtar)`").FindAllStringSubmatch(text, -1) {
		readDoc(t, script[1])
	}
	if rows := strings.Count(text, "\n| "); len(named) < rows {
		t.Errorf("%d tests for %d rows", len(named), rows)
	}
}

func checkLink(t *testing.T, page, target string) {
	name, heading, _ := strings.Cut(target, "#")
	file := page
	if name != "" {
		file = filepath.Join(filepath.Dir(page), filepath.FromSlash(name))
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("%s: the link %s leads nowhere", page, target)
		return
	}
	if heading == "" {
		return
	}
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") && anchor(line) == heading {
			return
		}
	}
	t.Errorf("%s: the link %s names no heading", page, target)
}

// anchor returns the anchor of a heading in links.
func anchor(heading string) string {
	text := strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
	return regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ReplaceAll(text, " ", "-"), "")
}
