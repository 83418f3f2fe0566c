package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// Entry is a command in the manual page, which internal/dev/manpage writes.
type Entry struct {
	Line        string // such as "mogplex auth token"
	Args        string // such as "bash|zsh"; may be empty
	Usage       string // in one line
	Description string // paragraphs and, after "Examples:", command lines
	Flags       []Flag // without --help and, for all entries but the first, --profile and --debug
}

// Flag is a flag of a command.
type Flag struct {
	Name  string // without dashes
	Value string // stands for the value; empty if the flag takes none
	Usage string // in one line
}

// commonFlags is the number of flags that prepare adds to those of each command.
const commonFlags = 2

// Reference returns the entries of mogplex itself and of each command that help shows.
func Reference() []Entry {
	app := newProgram().app()
	all := []Entry{{app.Name, "", app.Usage, app.Description, flagsOf(app.Flags)}}
	eachCommand(app.Name, app.Commands, func(line string, c *cli.Command) {
		own := flagsOf(c.Flags)
		all = append(all, Entry{line, c.ArgsUsage, c.Usage, c.Description, own[:len(own)-commonFlags]})
	})
	return all
}

func flagsOf(flags []cli.Flag) (all []Flag) {
	for _, f := range flags {
		if name := f.Names()[0]; name != "help" {
			all = append(all, Flag{name, placeholder(f), plainUsage(f)})
		}
	}
	return all
}

// placeholder returns what stands for the value of a flag: the word in backquotes.
func placeholder(f cli.Flag) string {
	if parts := strings.Split(f.(cli.DocGenerationFlag).GetUsage(), "`"); len(parts) == 3 {
		return parts[1]
	}
	return ""
}

// plainUsage describes a flag, without the backquotes.
func plainUsage(f cli.Flag) string {
	return strings.ReplaceAll(f.(cli.DocGenerationFlag).GetUsage(), "`", "")
}
