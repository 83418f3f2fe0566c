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
func confide(s *session, log *sessionlog.Log) {
	for i := range s.auth.Layers {
		s.auth.Layers[i].Store = confiding{s.auth.Layers[i].Store, log}
	}
}

type confiding struct {
	auth.Store
	log *sessionlog.Log
}

// Load implements [auth.Store].
func (c confiding) Load(ctx context.Context, key auth.Key) (auth.Record, bool, error) {
	rec, found, err := c.Store.Load(ctx, key)
	c.log.AddSecret(rec.Token.Reveal(), rec.Refresh.Reveal())
	return rec, found, err
}

// Swap implements [auth.Store].
func (c confiding) Swap(ctx context.Context, key auth.Key, old auth.Revision, rec auth.Record) error {
	c.log.AddSecret(rec.Token.Reveal(), rec.Refresh.Reveal())
	return c.Store.Swap(ctx, key, old, rec)
}
