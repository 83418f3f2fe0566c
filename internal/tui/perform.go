package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// perform runs a slash command.
func (c *cockpit) perform(cmd command, argument string) tea.Cmd {
	c.services.LogCommand(cmd.name)
	switch cmd.name {
	case "login":
		c.raise = newLogin(c.shared, c.session)
	case "logout":
		return c.signOut()
	case "status":
		return c.status()
	case "models":
		return c.chooseModel(argument)
	case "mcp":
		return c.showServers()
	case "sync":
		return c.sync()
	case "help":
		c.transcript.say(noticed, helpText())
	case "clear":
		c.cut()
		c.transcript.clear()
		c.turns = nil
	case "quit", "exit":
		return tea.Quit
	}
	return nil
}

// helpText tells the commands and the keys.
func helpText() string {
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "%-14s%s\n", c.usage(), c.help)
	}
	for _, key := range [][2]string{
		{"Enter", "send"}, {"Ctrl+J", "new line; Shift+Enter where the terminal tells it apart"}, {"Tab", "complete a command"},
		{"↑ ↓", "what was typed before"}, {"PgUp PgDn", "scroll"}, {"Esc", "interrupt"},
		{"Ctrl+C", "interrupt; twice leaves"},
	} {
		fmt.Fprintf(&b, "\n%s%s%s", key[0], strings.Repeat(" ", 14-columnsOf(key[0])), key[1])
	}
	return b.String()
}

func (c *cockpit) status() tea.Cmd {
	return c.do("Looking at every credential", func(ctx context.Context) func() {
		text, err := c.services.Status(ctx)
		return func() { c.tell(strings.TrimSpace(text), err) }
	})
}

// tell says what came of a command: a text, a failure, or both.
func (c *cockpit) tell(text string, err error) {
	if text != "" {
		c.transcript.say(noticed, text)
	}
	if err != nil {
		c.explain(err)
	}
}

func (c *cockpit) showServers() tea.Cmd {
	return c.do("Asking for the MCP servers", func(ctx context.Context) func() {
		servers, err := c.services.Servers(ctx, false)
		return func() {
			if err != nil {
				c.explain(err)
				return
			}
			c.transcript.say(noticed, serversText(servers, c.services.Explain, c.now()))
		}
	})
}

// chooseModel shows the list of models or, where one is named, takes that.
func (c *cockpit) chooseModel(name string) tea.Cmd {
	return c.do("Asking for the models", func(ctx context.Context) func() {
		models, err := c.services.Models(ctx, false)
		return func() {
			if err == nil {
				c.catalog = models.List
			}
			switch {
			case err != nil:
				c.explain(err)
				if goesUnlisted(name, c.session, c.services.Explain(err)) {
					c.use(name)
				}
			case name != "":
				c.useNamed(name)
			case len(models.List) == 0:
				c.transcript.problem(noModels())
			default:
				c.picker = newPicker(models.List, c.model, c.note(models))
			}
		}
	})
}

func (c *cockpit) note(m Models) string {
	if m.Stale == nil {
		return ""
	}
	return staleText(m.Fetched, m.Stale, c.services.Explain, c.now())
}

// useNamed has a model answer that was typed.
func (c *cockpit) useNamed(name string) {
	if wrong := notListed(name, c.catalog); wrong != nil {
		c.transcript.problem(*wrong)
		return
	}
	c.use(name)
}

func (c *cockpit) use(model string) {
	c.model = model
	c.transcript.say(noticed, fmt.Sprintf("%s answers from now on.", model))
}

// sync fetches models and MCP servers from the service.
func (c *cockpit) sync() tea.Cmd {
	return c.do("Fetching models and MCP servers", func(ctx context.Context) func() {
		models, modelsErr := c.services.Models(ctx, true)
		servers, serversErr := c.services.Servers(ctx, true)
		return func() {
			if modelsErr == nil {
				c.catalog = models.List
			}
			c.synced("Models", len(models.List), modelsErr, models.Stale)
			c.synced("MCP servers", len(servers.List), serversErr, servers.Stale)
		}
	})
}

// synced tells what came of one half of a sync.
func (c *cockpit) synced(what string, count int, err, stale error) {
	switch {
	case err != nil:
		c.explain(err)
	case stale != nil:
		c.transcript.say(noticed, fmt.Sprintf("%s: the kept copy of %d stays.", what, count))
		c.explain(stale)
	default:
		c.transcript.say(noticed, fmt.Sprintf("%s: %d, fetched just now.", what, count))
	}
}
