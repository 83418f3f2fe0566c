package cli

import (
	"context"
	"encoding/json"
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
		c.log.AddSecret(secretsIn(entry)...)
	}
	return entry, found, err
}

// Set implements [auth.Store].
func (c confiding) Set(ctx context.Context, provider string, entry []byte) error {
	c.log.AddSecret(secretsIn(entry)...)
	return c.Store.Set(ctx, provider, entry)
}

// secretsIn are the texts of a stored entry, but for what it says of the account
// and of itself. Fields that this version does not know may be secrets too; an
// entry that can't be read is one as a whole.
func secretsIn(entry []byte) (secrets []string) {
	var fields map[string]any
	if json.Unmarshal(entry, &fields) != nil {
		return []string{string(entry)}
	}
	for name, value := range fields {
		switch name {
		case "type", "scopes", "issuer", "account", "expires_at", "saved_at":
		case "access_token", "refresh_token", "token", "key":
			text, _ := value.(string)
			secrets = append(secrets, text)
		default:
			secrets = append(secrets, texts(value)...)
		}
	}
	return secrets
}

// texts are the strings of a JSON value that are no mere words.
func texts(value any) (all []string) {
	const word = 8
	switch v := value.(type) {
	case string:
		if len(v) >= word {
			return []string{v}
		}
	case []any:
		for _, e := range v {
			all = append(all, texts(e)...)
		}
	case map[string]any:
		for _, e := range v {
			all = append(all, texts(e)...)
		}
	}
	return all
}
