package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
)

// completing is the name of the hidden command.
const completing = "__complete"

// completeCommand is what the completion scripts run: the words before the cursor are
// its arguments, and the word at the cursor is the value of a flag, because PowerShell
// drops an empty argument. It prints a line for each word that can stand there, with a
// tab and a description. It opens no store.
func (p *program) completeCommand() *cli.Command {
	return &cli.Command{
		Name:   completing,
		Hidden: true,
		Flags:  []cli.Flag{&cli.StringFlag{Name: "word"}},
		Action: func(c *cli.Context) error {
			for _, choice := range p.complete(c.App, c.Args().Slice(), c.String("word")) {
				fmt.Fprintf(c.App.Writer, "%s\t%s\n", choice.word, choice.about)
			}
			return nil
		},
	}
}

// choice is a word that can be completed.
type choice struct{ word, about string }

// complete returns the words that can follow others and begin with word.
func (p *program) complete(app *cli.App, before []string, word string) []choice {
	at := &cli.Command{Subcommands: app.Commands, Flags: app.Flags}
	help, value := false, ""
	for _, w := range before {
		name, _, joined := strings.Cut(w, "=")
		next := at.Command(w)
		switch {
		case value != "":
			value = ""
		case w == "--":
			return nil // what follows is another program's
		case strings.HasPrefix(w, "-"):
			if !joined && takesValue(at, name) {
				value = "--" + strings.TrimLeft(name, "-")
			}
		case next != nil && next.Name == "help":
			help = true // commands of the same level follow
		case next != nil:
			at = next
		}
	}
	flag, _, joined := strings.Cut(word, "=")
	switch {
	case value != "":
		return beginning(word, p.choices(value))
	case joined && takesValue(at, flag):
		values := rows(p.choices("--"+strings.TrimLeft(flag, "-")), func(c choice) choice { return choice{flag + "=" + c.word, c.about} })
		return beginning(word, values)
	case strings.HasPrefix(word, "-"):
		return beginning(word, flagChoices(at, before))
	}
	found := commandChoices(at.Subcommands)
	if !help {
		found = append(found, p.choices(at.Name)...)
	}
	return beginning(word, found)
}

// choices returns the values of a flag, or the arguments of a command.
func (p *program) choices(name string) []choice {
	switch name {
	case "--provider":
		return rows(auth.Providers(), func(p auth.Provider) choice { return choice{p.Name, "as in " + p.Variable} })
	case "--profile", "switch":
		return rows(p.env.Profiles(), func(name string) choice { return choice{name, "profile " + name} })
	case "--to":
		return rows(account.StoreNames(), func(store string) choice { return choice{store, "move credentials to the " + store} })
	case "completion":
		return rows(completionShells, func(shell string) choice { return choice{shell, "script for " + shell} })
	}
	return nil
}

// beginning returns the choices that begin with word.
func beginning(word string, choices []choice) []choice {
	return slices.DeleteFunc(choices, func(c choice) bool { return !strings.HasPrefix(c.word, word) })
}

func commandChoices(commands []*cli.Command) (found []choice) {
	for _, c := range commands {
		if !c.Hidden {
			found = append(found, choice{c.Name, c.Usage})
		}
	}
	return found
}

// flagChoices are the flags of a command that are not on the command line yet.
func flagChoices(at *cli.Command, before []string) []choice {
	found := []choice{{"--help", "show help"}}
	for _, f := range at.Flags {
		name := "--" + f.Names()[0]
		given := func(w string) bool { return w == name || strings.HasPrefix(w, name+"=") }
		_, repeated := f.(*cli.StringSliceFlag)
		if (repeated || !slices.ContainsFunc(before, given)) && name != "--help" {
			found = append(found, choice{name, plainUsage(f)})
		}
	}
	return found
}

// takesValue reports whether a flag of a command, with its dashes, needs a value.
func takesValue(at *cli.Command, typed string) bool {
	name := strings.TrimLeft(typed, "-")
	return slices.ContainsFunc(at.Flags, func(f cli.Flag) bool {
		return f.(cli.DocGenerationFlag).TakesValue() && slices.Contains(f.Names(), name)
	})
}
