package talk

import (
	"context"
	"fmt"
	"strings"
)

// perform runs a slash command.
func (t *Talk) perform(cmd Command, argument string) {
	t.services.LogCommand(cmd.Name)
	cmd.perform(t, argument)
}

func (t *Talk) logIn() { t.front.Login("") }

func (t *Talk) help() {
	var rows [][2]string
	for _, c := range Commands() {
		rows = append(rows, [2]string{c.Usage(), c.Help})
	}
	t.front.Help(rows)
}

func (t *Talk) clear() {
	t.cut()
	t.turns = nil
	t.front.Clear()
}

func (t *Talk) status() {
	t.do("Looking at every credential", func(ctx context.Context) func() {
		status, err := t.services.Status(ctx)
		return func() { t.sayOutput(status, err) }
	})
}

// sayOutput says what a command prints, and why it is not complete.
func (t *Talk) sayOutput(output string, err error) {
	if output = strings.TrimRight(output, "\n"); output != "" {
		t.say(Noticed, output)
	}
	if err != nil {
		t.explain(err)
	}
}

func (t *Talk) showServers() {
	t.do("Asking for the MCP servers", func(ctx context.Context) func() {
		servers, err := t.services.Servers(ctx, false)
		return func() {
			if err != nil {
				t.explain(err)
				return
			}
			t.say(Noticed, strings.TrimSpace(t.staleText(servers.Fetched, servers.Stale)+"\n"+serversText(servers.List)))
		}
	})
}

// sync fetches models and MCP servers from the service.
func (t *Talk) sync() {
	t.do("Fetching models and MCP servers", func(ctx context.Context) func() {
		models, modelsErr := t.services.Models(ctx, true)
		servers, serversErr := t.services.Servers(ctx, true)
		return func() {
			if modelsErr == nil {
				t.catalog = models.List
			}
			t.synced("Models", len(models.List), modelsErr, models.Stale)
			t.synced("MCP servers", len(servers.List), serversErr, servers.Stale)
		}
	})
}

// synced says how one half of a sync ended.
func (t *Talk) synced(what string, count int, err, stale error) {
	switch {
	case err != nil:
		t.explain(err)
	case stale != nil:
		t.say(Noticed, fmt.Sprintf("%s: still the cached copy of %d.", what, count))
		t.explain(stale)
	default:
		t.say(Noticed, fmt.Sprintf("%s: %d, fetched just now.", what, count))
	}
}
