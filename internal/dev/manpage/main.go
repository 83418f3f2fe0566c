// Command manpage prints the manual page of mogplex: its commands and flags as package cli defines them, and the tables
// of README.md and docs/authentication.md that list the variables, files and exit codes.
//
//	go run ./internal/dev/manpage > docs/mogplex.1
//
// Run it at the top of the repository. A test compares docs/mogplex.1 with what it prints.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/cli"
)

func main() {
	text, err := page()
	if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manpage:", err)
		os.Exit(1)
	}
}

// page returns the manual page in man(7)'s language.
func page() (string, error) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return "", err
	}
	guide, err := os.ReadFile("docs/authentication.md")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(".\\\" Written by `go run ./internal/dev/manpage`. Do not edit.\n")
	b.WriteString(".TH MOGPLEX 1 \"\" \"mogplex\" \"User Commands\"\n")
	entries := cli.Reference()
	program(&b, entries[0])
	commands(&b, entries[1:])
	for _, t := range []struct{ title, text, header, about string }{
		{"ENVIRONMENT", string(readme), "| variable | meaning |", ""},
		{"PROVIDERS", string(readme), "| provider | variable |", "The values of --provider, and the variables that hold their keys."},
		{"FILES", string(guide), "| path | what it is |", "In ~/.mogplex or MOGPLEX_HOME and, for a named profile, in profiles/NAME below it."},
		{"EXIT STATUS", string(readme), "| code | meaning |", ""},
	} {
		rows := table(t.text, t.header)
		if len(rows) == 0 {
			return "", fmt.Errorf("the pages have no table %s", t.header)
		}
		b.WriteString(".SH " + t.title + "\n" + escape(t.about))
		for _, row := range rows {
			b.WriteString("\n.TP\n" + spans(row[0]) + "\n" + spans(row[1]))
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// program writes the sections about mogplex without a command.
func program(b *strings.Builder, e cli.Entry) {
	b.WriteString(".SH NAME\n" + escape(e.Line+" - "+e.Usage) + "\n")
	b.WriteString(".SH SYNOPSIS\n.B mogplex\n[\\fIflags\\fR]\n.br\n.B mogplex\n\\fIcommand\\fR [\\fIflags\\fR]\n")
	b.WriteString(".SH DESCRIPTION\n")
	describe(b, e.Description)
	b.WriteString(".SH OPTIONS\n")
	flags(b, append(e.Flags, cli.Flag{Name: "help", Usage: "show help, of each command too"}, cli.Flag{Name: "version", Usage: "print the version"}))
}

func commands(b *strings.Builder, entries []cli.Entry) {
	b.WriteString(".SH COMMANDS\nEach command also takes \\fB\\-\\-profile\\fR, \\fB\\-\\-debug\\fR and \\fB\\-\\-help\\fR.\n")
	first := map[string]string{}
	for _, c := range entries {
		b.WriteString(".SS " + escape(strings.TrimSpace(c.Line+" "+c.Args)) + "\n")
		if same := first[c.Usage]; same != "" {
			b.WriteString("The same as \\fB" + escape(same) + "\\fR.\n")
			continue
		}
		first[c.Usage] = c.Line
		b.WriteString(escape(strings.ToUpper(c.Usage[:1])+c.Usage[1:]+".") + "\n")
		if c.Description != "" {
			b.WriteString(".PP\n")
			describe(b, c.Description)
		}
		flags(b, c.Flags)
	}
}

// describe writes a description. Its indented lines are command lines.
func describe(b *strings.Builder, description string) {
	example := false
	for line := range strings.SplitSeq(description, "\n") {
		indented := strings.HasPrefix(line, "  ")
		switch {
		case indented && !example:
			b.WriteString(".PP\n.EX\n")
		case !indented && example:
			b.WriteString(".EE\n")
		}
		example = indented
		if line == "" {
			b.WriteString(".PP\n")
		} else {
			b.WriteString(escape(line) + "\n")
		}
	}
	if example {
		b.WriteString(".EE\n")
	}
}

func flags(b *strings.Builder, flags []cli.Flag) {
	for _, f := range flags {
		b.WriteString(".TP\n\\fB\\-\\-" + escape(f.Name) + "\\fR")
		if f.Value != "" {
			b.WriteString(" \\fI" + escape(f.Value) + "\\fR")
		}
		b.WriteString("\n" + escape(f.Usage) + "\n")
	}
}

// table returns the cells of the table in Markdown that begins with a header of two columns.
func table(text, header string) (rows [][2]string) {
	_, rest, _ := strings.Cut(text, header+"\n")
	for line := range strings.SplitSeq(rest, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "|") || len(cells) != 2 {
			return rows
		}
		if cells[0] != "---" {
			rows = append(rows, [2]string{cells[0], cells[1]})
		}
	}
	return rows
}

// spans converts Markdown in a line: code becomes bold, and links lose their targets.
func spans(markdown string) string {
	text := escape(regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(markdown, "$1"))
	return regexp.MustCompile(`\\\(ga(.*?)\\\(ga`).ReplaceAllString(text, `\fB$1\fR`)
}

// escape protects text from man(7).
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "'", `\(aq`, "~", `\(ti`, "^", `\(ha`, "…", `...`).Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}
