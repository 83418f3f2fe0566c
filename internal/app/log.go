package app

import (
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// openLog names the log of this session. What it says of old files it could not
// remove is no reason to trouble anyone.
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

// loggedProvider is a provider of the table.
func loggedProvider(name string) sessionlog.Field {
	var names []string
	for _, p := range auth.Providers() {
		names = append(names, p.Name)
	}
	return sessionlog.Listed("provider", name, names)
}

// loggedModel is a model that the service has listed in this session. One that a
// person typed is none.
func (a *App) loggedModel(id string) sessionlog.Field {
	a.mu.Lock()
	defer a.mu.Unlock()
	return sessionlog.Listed("model", id, a.models)
}

// listed remembers the models that the service has listed.
func (a *App) listed(models []talk.Model) {
	var ids []string
	for _, m := range models {
		ids = append(ids, m.ID)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.models = ids
}
