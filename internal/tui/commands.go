package tui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xrash/smetrics"
)

// command is a row of the table of slash commands, which the cockpit and the
// plain mode share.
type command struct {
	name     string
	argument string // what may follow the name; empty where nothing may
	help     string
	runs     bool // for a while, and nothing else meanwhile
}

// usage is the command as it is typed.
func (c command) usage() string {
	return strings.TrimSpace("/" + c.name + " " + c.argument)
}

// leaves says that the command ends the app.
func (c command) leaves() bool { return c.name == "quit" || c.name == "exit" }

// commands is the table, in the order in which /help tells it.
func commands() []command {
	return []command{
		{"login", "", "sign in, or store a key", false},
		{"logout", "", "sign out of the account", false},
		{"status", "", "whose credential is in force, and what it hides", true},
		{"models", "[ID]", "pick the model that answers", true},
		{"mcp", "", "the remote MCP servers", true},
		{"sync", "", "fetch models and MCP servers again", true},
		{"help", "", "what can be typed here", false},
		{"clear", "", "forget the conversation", false},
		{"quit", "", "leave", false},
		{"exit", "", "leave", false},
	}
}

// CommandNames are the names of the slash commands.
func CommandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// parseCommand reads what was typed. A line that begins with a slash is a
// command, and where it is none that can run, wrong says why. Of everything else,
// which is a prompt, found is false.
func parseCommand(line string) (c command, argument string, found bool, wrong *Problem) {
	name, argument, found := splitCommand(line)
	if !found {
		return command{}, "", false, nil
	}
	table := commands()
	i := slices.IndexFunc(table, func(c command) bool { return strings.EqualFold(c.name, name) })
	if i < 0 {
		return command{}, "", true, unknownCommand(name)
	}
	if argument != "" && table[i].argument == "" {
		return command{}, "", true, &Problem{Text: fmt.Sprintf("/%s takes nothing after it.", table[i].name)}
	}
	return table[i], argument, true, nil
}

// splitCommand tells a slash and a name from the rest of the line. The beginning
// of a path or of a comment is no name; a mistyped one is, so that it is not sent.
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
	wrong := Problem{Text: fmt.Sprintf("There is no command /%s.", shorten(name, 30)), Hint: "/help tells them all."}
	if near, ok := nearest(strings.ToLower(name), CommandNames()); ok {
		wrong.Hint = fmt.Sprintf("Did you mean /%s?", near)
	}
	return &wrong
}

// nearest finds the name that word was most likely meant to be.
func nearest(word string, names []string) (string, bool) {
	best, least := "", 3 // as many wrong letters are no slip
	if len(word) > 100 {
		return "", false
	}
	for _, name := range names {
		distance := smetrics.WagnerFischer(word, name, 1, 1, 1)
		if len(word) > 1 && strings.HasPrefix(name, word) {
			distance = 1
		}
		if distance < least && distance < len(name) {
			best, least = name, distance
		}
	}
	return best, best != ""
}
