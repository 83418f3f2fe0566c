package app

import (
	"context"
	"errors"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// sync refreshes the cached models and MCP servers in the background if they are old.
func (a *App) sync() {
	ctx, cancel := context.WithTimeout(a.ctx, account.CheckLimit)
	defer cancel()
	_, _, err := account.List(ctx, a.Account, false, hosted.Catalog.Models)
	if a.failed("sync of models", err) != nil {
		return
	}
	_, err = a.Servers(ctx, false)
	_ = a.failed("sync of MCP servers", err)
}

// resync fetches models and MCP servers of a new account.
func (a *App) resync() {
	_ = a.failed("sync", a.Account.Sync(a.ctx, account.CheckLimit))
}

// Models implements [talk.Services]. A provider's key has that provider's models.
func (a *App) Models(ctx context.Context, refresh bool) (talk.Models, error) {
	res, err := a.credential(ctx)
	if err != nil {
		return talk.Models{}, a.failed("models", err)
	}
	if c := res.Credential; c.Provider != auth.Mogplex {
		models, err := a.providerModels(ctx, c)
		a.listed(models.List)
		return models, a.failed("models", err)
	}
	got, res, err := account.List(ctx, a.Account, refresh, hosted.Catalog.Models)
	if err != nil {
		return talk.Models{}, a.failed("models", account.RefusedVariable(res, err))
	}
	models := talk.Models{Fetched: got.Fetched, Stale: got.Stale}
	for _, m := range got.List {
		models.List = append(models.List, modelOf(m))
	}
	a.listed(models.List)
	return models, nil
}

func modelOf(m hosted.Model) talk.Model {
	row := talk.Model{ID: text.Printable(m.ID), Provider: text.Printable(m.Provider), Name: text.Printable(m.Name), Input: -1, Output: -1}
	if m.ContextLength != nil {
		row.Context = int(*m.ContextLength)
	}
	if m.Pricing.Input != nil {
		row.Input = *m.Pricing.Input
	}
	if m.Pricing.Output != nil {
		row.Output = *m.Pricing.Output
	}
	for _, capability := range m.Capabilities {
		row.Capabilities = append(row.Capabilities, text.Printable(capability))
	}
	return row
}

func (a *App) providerModels(ctx context.Context, c auth.Credential) (talk.Models, error) {
	ctx, cancel := context.WithTimeout(ctx, account.CheckLimit)
	defer cancel()
	list, err := a.Account.Chat(c).Models(ctx, c.Token.Reveal())
	models := talk.Models{Fetched: a.Account.Now()}
	for _, m := range list {
		models.List = append(models.List, talk.Model{
			ID: text.Printable(m.ID), Provider: c.Provider, Name: text.Printable(m.Name), Input: -1, Output: -1,
		})
	}
	return models, err
}

// Servers implements [talk.Services].
func (a *App) Servers(ctx context.Context, refresh bool) (talk.Servers, error) {
	got, res, err := account.List(ctx, a.Account, refresh, hosted.Catalog.Servers)
	if err != nil {
		return talk.Servers{}, a.failed("MCP servers", account.RefusedVariable(res, err))
	}
	servers := talk.Servers{Fetched: got.Fetched, Stale: got.Stale}
	for _, server := range got.List {
		target, values := words.MaskedServer(server)
		row := talk.Server{Name: text.Printable(server.Name), Enabled: server.Enabled, Kind: "command", Target: text.Printable(target)}
		if server.Config.URL != "" {
			row.Kind = "url"
		}
		for _, value := range values {
			row.Masked = append(row.Masked, text.Printable(value))
		}
		servers.List = append(servers.List, row)
	}
	return servers, nil
}

// Follow implements [talk.Services].
func (a *App) Follow(ctx context.Context, run string, on func(talk.RunUpdate)) error {
	attached := false
	err := a.Account.Follower().Follow(ctx, run, func(u hosted.Update) {
		if !attached && u.Run.Status != "" { // the service has answered for it
			attached = true
			a.log.Event("run attached", sessionlog.Listed("run", run, []string{u.Run.ID}))
		}
		on(talk.RunUpdate{Run: runOf(u.Run), Events: eventsOf(u.Events), Wait: u.Wait, Notice: words.RunNotice(u)})
	})
	if errors.Is(err, hosted.ErrUnauthorized) {
		res, _ := a.Account.Mogplex(ctx)
		err = account.RefusedVariable(res, err)
	}
	return a.failed("run", words.RunError(run, err))
}

func runOf(r hosted.Run) talk.RunState {
	return talk.RunState{
		ID: text.Printable(r.ID), Status: text.Printable(r.Status), Harness: text.Printable(r.Harness), Repo: text.Printable(r.RepoID),
		Base: text.Printable(r.Branch.Base), Working: text.Printable(r.Branch.Working), Error: text.Printable(r.Error),
		Created: r.CreatedAt.Time, Updated: r.UpdatedAt.Time, Ended: r.Ended(),
	}
}

func eventsOf(events []hosted.Event) (rows []talk.RunEvent) {
	for _, e := range events {
		rows = append(rows, talk.RunEvent{
			ID: text.Printable(e.ID), Type: text.Printable(e.Type), Tool: text.Printable(e.ToolName), Message: text.Clean(e.Message),
			Payload: text.Printable(string(e.Payload)), Created: e.CreatedAt.Time,
		})
	}
	return rows
}
