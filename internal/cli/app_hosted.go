package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// sync renews the hosted state behind the screens, where it is not fresh. The
// kept copies serve where that fails.
func (a *app) sync() {
	ctx, cancel := context.WithTimeout(a.ctx, account.CheckLimit)
	defer cancel()
	_, _, err := a.account.Models(ctx, false)
	if a.failed("sync of models", err) != nil {
		return
	}
	_, err = a.Servers(ctx, false)
	_ = a.failed("sync of MCP servers", err)
}

// resync fetches the hosted state of a new account.
func (a *app) resync() {
	_ = a.failed("sync", a.account.Sync(a.ctx, account.CheckLimit))
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
	got, res, err := a.account.Models(ctx, refresh)
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

func (a *app) providerModels(ctx context.Context, c auth.Credential) (talk.Models, error) {
	ctx, cancel := context.WithTimeout(ctx, account.CheckLimit)
	defer cancel()
	list, err := a.account.Chat(c).Models(ctx, c.Token.Reveal())
	models := talk.Models{Fetched: a.env.Now()}
	for _, m := range list {
		models.List = append(models.List, talk.Model{
			ID: text.Printable(m.ID), Provider: c.Provider, Name: text.Printable(m.Name), Input: -1, Output: -1,
		})
	}
	return models, err
}

// Servers implements [talk.Services].
func (a *app) Servers(ctx context.Context, refresh bool) (talk.Servers, error) {
	got, res, err := a.account.Servers(ctx, refresh)
	if err != nil {
		return talk.Servers{}, a.failed("MCP servers", wrongKey(res, err))
	}
	servers := talk.Servers{Fetched: got.Fetched, Stale: got.Stale}
	for _, server := range got.List {
		target, values := maskedServer(server)
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
func (a *app) Follow(ctx context.Context, run string, on func(talk.RunUpdate)) error {
	attached := false
	err := a.account.Follower().Follow(ctx, run, func(u hosted.Update) {
		if !attached && u.Run.Status != "" { // the service has answered for it
			attached = true
			a.log.Event("run attached", sessionlog.Listed("run", run, []string{u.Run.ID}))
		}
		on(talk.RunUpdate{Run: runOf(u.Run), Events: eventsOf(u.Events), Wait: u.Wait, Notice: noticeOf(u)})
	})
	if errors.Is(err, hosted.ErrUnauthorized) {
		res, _ := a.account.Mogplex(ctx)
		err = wrongKey(res, err)
	}
	return a.failed("run", runError(run, err))
}

// noticeOf is what a person should know of an update: no more than one thing is.
func noticeOf(u hosted.Update) string {
	switch {
	case u.Err != nil:
		return fmt.Sprintf("%s; retrying in %s", sentence(u.Err), u.Wait.Round(time.Second))
	case u.Missed:
		return fmt.Sprintf("only the latest %d events are shown; earlier ones may be missing", hosted.EventLimit)
	}
	return ""
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
