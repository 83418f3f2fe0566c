package talk

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// Command is a row of the table of slash commands.
type Command struct {
	Name     string
	Argument string // what may follow the name; empty for nothing
	Help     string
	runs     bool // for a while, and nothing else meanwhile
	perform  func(t *Talk, argument string)
}

// Usage is the command as it is typed.
func (c Command) Usage() string {
	return strings.TrimSpace("/" + c.Name + " " + c.Argument)
}

// Leaves reports that the command ends the app.
func (c Command) Leaves() bool { return c.Name == "quit" || c.Name == "exit" }

// Commands is the table, in the order of /help.
func Commands() []Command {
	alone := func(do func(*Talk)) func(*Talk, string) { return func(t *Talk, _ string) { do(t) } }
	return []Command{
		{"login", "", "sign in, or store a key", false, alone((*Talk).logIn)},
		{"logout", "", "sign out of the account", false, alone((*Talk).logOut)},
		{"status", "", "which credential is active, and which it hides", true, alone((*Talk).status)},
		{"profile", "[NAME]", "list the profiles, or use another one here", true, (*Talk).chooseProfile},
		{"models", "[ID]", "pick the model that answers", true, (*Talk).chooseModel},
		{"mcp", "", "the remote MCP servers", true, alone((*Talk).showServers)},
		{"sync", "", "fetch models and MCP servers again", true, alone((*Talk).sync)},
		{"help", "", "what can be typed here", false, alone((*Talk).help)},
		{"clear", "", "forget the conversation", false, alone((*Talk).clear)},
		{"quit", "", "leave", false, alone((*Talk).Leave)},
		{"exit", "", "leave", false, alone((*Talk).Leave)},
	}
}

// CommandNames are the names of the slash commands.
func CommandNames() (names []string) {
	for _, c := range Commands() {
		names = append(names, c.Name)
	}
	return names
}

// Parse reads a line. One that begins with a slash and a name is a command; wrong says why it can't run. For any other,
// which is a prompt, found is false.
func Parse(line string) (c Command, argument string, found bool, wrong *Problem) {
	name, argument, found := splitCommand(line)
	if !found {
		return Command{}, "", false, nil
	}
	table := Commands()
	i := slices.IndexFunc(table, func(c Command) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return Command{}, "", true, unknownCommand(name)
	}
	if argument != "" && table[i].Argument == "" {
		return Command{}, "", true, &Problem{Text: fmt.Sprintf("/%s takes no argument.", table[i].Name)}
	}
	return table[i], argument, true, nil
}

// splitCommand splits a line into the name behind its slash and the rest. The beginning of a path or a comment is no
// name; a mistyped one is, so that it is not sent.
func splitCommand(line string) (name, argument string, found bool) {
	rest, slash := strings.CutPrefix(strings.TrimSpace(line), "/")
	end := strings.IndexFunc(rest, unicode.IsSpace)
	if end < 0 {
		end = len(rest)
	}
	name = rest[:end]
	first, _ := utf8.DecodeRuneInString(name)
	begins := name == "" || unicode.IsLetter(first) || unicode.IsDigit(first) || strings.ContainsRune("-_?!.", first)
	if !slash || !begins || strings.Contains(name, "/") {
		return "", "", false
	}
	return name, strings.TrimSpace(rest[end:]), true
}

func unknownCommand(name string) *Problem {
	wrong := Problem{Text: fmt.Sprintf("Unknown command: /%s.", text.Shorten(name, 30)), Hint: "Type /help for a list."}
	if near := text.Nearest(name, CommandNames()); near != "" {
		wrong.Hint = fmt.Sprintf("Did you mean /%s?", near)
	}
	return &wrong
}
