package app

import (
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// openLog opens the log of this session. Old files that it could not remove are not reported.
func openLog(home string) *sessionlog.Log {
	var prefixes []string
	for _, provider := range auth.Providers() {
		prefixes = append(prefixes, provider.Prefixes...)
	}
	log, _ := sessionlog.Open(filepath.Join(home, "logs"), sessionlog.Options{Prefixes: prefixes})
	return log
}

// LogCommand implements [talk.Services].
func (a *App) LogCommand(name string) {
	a.log.Event("command", sessionlog.Listed("name", name, talk.CommandNames()))
}

// LogPanic implements [talk.Services].
func (a *App) LogPanic(value any, callers []uintptr) { a.log.Panic(value, callers) }

// loggedProvider is a field with a provider of the table.
func loggedProvider(name string) sessionlog.Field {
	var names []string
	for _, p := range auth.Providers() {
		names = append(names, p.Name)
	}
	return sessionlog.Listed("provider", name, names)
}

// loggedModel is a field with a model that the service listed in this session. A typed name is not logged.
func (a *App) loggedModel(id string) sessionlog.Field {
	a.mu.Lock()
	defer a.mu.Unlock()
	return sessionlog.Listed("model", id, a.models)
}

// listed keeps the models that the service listed, for [App.loggedModel].
func (a *App) listed(models []talk.Model) {
	var ids []string
	for _, m := range models {
		ids = append(ids, m.ID)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.models = ids
}
