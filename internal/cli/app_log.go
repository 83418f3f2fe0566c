package cli

import (
	"context"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

// openLog names the log of this session, and makes it know the credentials of
// the environment. What it says of old files it could not remove is no reason
// to trouble anyone.
func (s *session) openLog() *sessionlog.Log {
	var prefixes []string
	for _, p := range auth.Providers() {
		prefixes = append(prefixes, p.Prefixes...)
	}
	log, _ := sessionlog.Open(filepath.Join(s.home, "logs"), sessionlog.Options{Prefixes: prefixes})
	for _, p := range auth.Providers() {
		log.AddSecret(s.getenv(p.Variable))
	}
	return log
}

// confide makes the log know every credential that the stores hand out or are
// handed, before anyone else has it.
func confide(m *auth.Manager, log *sessionlog.Log) {
	for i := range m.Layers {
		m.Layers[i].Store = confiding{m.Layers[i].Store, log}
	}
}

type confiding struct {
	auth.Store
	log *sessionlog.Log
}

// Get implements [auth.Store].
func (c confiding) Get(ctx context.Context, provider string) ([]byte, bool, error) {
	entry, found, err := c.Store.Get(ctx, provider)
	if found {
		c.confide(provider, entry)
	}
	return entry, found, err
}

// Set implements [auth.Store].
func (c confiding) Set(ctx context.Context, provider string, entry []byte) error {
	c.confide(provider, entry)
	return c.Store.Set(ctx, provider, entry)
}

func (c confiding) confide(provider string, entry []byte) {
	if credential, err := auth.Decode(provider, entry); err == nil {
		c.log.AddSecret(credential.Token.Reveal(), credential.Refresh.Reveal())
	}
}
