package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// sync renews the hosted state behind the screens, where it is not fresh. The
// kept copies serve where that fails.
func (a *app) sync() {
	ctx, cancel := context.WithTimeout(a.ctx, checkTimeout)
	defer cancel()
	_, _, err := list(ctx, a.session, false, hosted.Catalog.Models)
	if a.failed("sync of models", err) != nil {
		return
	}
	_, err = a.Servers(ctx, false)
	_ = a.failed("sync of MCP servers", err)
}

// resync fetches the hosted state of a new account.
func (a *app) resync() {
	ctx, cancel := context.WithTimeout(a.ctx, checkTimeout)
	defer cancel()
	_ = a.failed("sync", a.session.syncHosted(ctx))
}

// Models implements [talk.Services]. A provider's key has that provider's models.
func (a *app) Models(ctx context.Context, refresh bool) (talk.Models, error) {
	res, err := a.credential(ctx)
	if err != nil {
		return talk.Models{}, a.failed("models", err)
	}
	if c := res.Credential; c.Provider != auth.Mogplex {
		models, err := a.providerModels(ctx, c)
		a.listed(models.List)
		return models, a.failed("models", err)
	}
	got, res, err := list(ctx, a.session, refresh, hosted.Catalog.Models)
	if err != nil {
		return talk.Models{}, a.failed("models", wrongKey(res, err))
	}
	models := talk.Models{Fetched: got.Fetched, Stale: got.Stale}
	for _, m := range got.List {
		models.List = append(models.List, modelOf(m))
	}
	a.listed(models.List)
	return models, nil
}

func modelOf(m hosted.Model) talk.Model {
	row := talk.Model{ID: printable(m.ID), Provider: printable(m.Provider), Name: printable(m.Name), Input: -1, Output: -1}
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
		row.Capabilities = append(row.Capabilities, printable(capability))
	}
	return row
}

func (a *app) providerModels(ctx context.Context, c auth.Credential) (talk.Models, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	list, err := a.session.chat(c).Models(ctx, c.Token.Reveal())
	models := talk.Models{Fetched: a.session.now()}
	for _, m := range list {
		models.List = append(models.List, talk.Model{
			ID: printable(m.ID), Provider: c.Provider, Name: printable(m.Name), Input: -1, Output: -1,
		})
	}
	return models, err
}

// Servers implements [talk.Services].
func (a *app) Servers(ctx context.Context, refresh bool) (talk.Servers, error) {
	got, res, err := list(ctx, a.session, refresh, hosted.Catalog.Servers)
	if err != nil {
		return talk.Servers{}, a.failed("MCP servers", wrongKey(res, err))
	}
	servers := talk.Servers{Fetched: got.Fetched, Stale: got.Stale}
	for _, server := range got.List {
		target, values := maskedServer(server)
		row := talk.Server{Name: printable(server.Name), Enabled: server.Enabled, Kind: "command", Target: printable(target)}
		if server.Config.URL != "" {
			row.Kind = "url"
		}
		for _, value := range values {
			row.Masked = append(row.Masked, printable(value))
		}
		servers.List = append(servers.List, row)
	}
	return servers, nil
}

// Follow implements [talk.Services].
func (a *app) Follow(ctx context.Context, run string, on func(talk.RunUpdate)) error {
	attached := false
	err := a.session.follower().Follow(ctx, run, func(u hosted.Update) {
		if !attached && u.Run.Status != "" { // the service has answered for it
			attached = true
			a.log.Event("run attached", sessionlog.Listed("run", run, []string{u.Run.ID}))
		}
		on(talk.RunUpdate{Run: runOf(u.Run), Events: eventsOf(u.Events), Wait: u.Wait, Notice: noticeOf(u)})
	})
	if errors.Is(err, hosted.ErrUnauthorized) {
		res, _ := a.session.account(ctx)
		err = wrongKey(res, err)
	}
	return a.failed("run", runError(run, err))
}

// noticeOf is what a person should know of an update: no more than one thing is.
func noticeOf(u hosted.Update) string {
	switch {
	case u.Err != nil:
		return fmt.Sprintf("%s; asking again in %s", sentence(u.Err), u.Wait.Round(time.Second))
	case u.Missed:
		return fmt.Sprintf("only the latest %d events are told; earlier ones may be missing", hosted.EventLimit)
	}
	return ""
}

func runOf(r hosted.Run) talk.RunState {
	return talk.RunState{
		ID: printable(r.ID), Status: printable(r.Status), Harness: printable(r.Harness), Repo: printable(r.RepoID),
		Base: printable(r.Branch.Base), Working: printable(r.Branch.Working), Error: printable(r.Error),
		Created: r.CreatedAt.Time, Updated: r.UpdatedAt.Time, Ended: r.Ended(),
	}
}

func eventsOf(events []hosted.Event) (rows []talk.RunEvent) {
	for _, e := range events {
		rows = append(rows, talk.RunEvent{
			ID: printable(e.ID), Type: printable(e.Type), Tool: printable(e.ToolName), Message: printableLines(e.Message),
			Payload: printable(string(e.Payload)), Created: e.CreatedAt.Time,
		})
	}
	return rows
}
