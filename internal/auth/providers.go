package auth

import (
	"slices"
	"strings"
)

// Mogplex is the account provider: the one that is signed in to, refreshed and
// signed out of. The others are keys.
const Mogplex = "mogplex"

// Provider is a row of the provider table.
type Provider struct {
	Name     string
	Variable string   // the environment variable that holds its key
	Prefixes []string // beginnings that only its keys have; may be empty
}

var providers = []Provider{
	{Mogplex, "MOGPLEX_API_KEY", []string{"mog_"}},
	{"anthropic", "ANTHROPIC_API_KEY", []string{"sk-ant-"}},
	{"openai", "OPENAI_API_KEY", []string{"sk-proj-", "sk-svcacct-"}},
	{"google", "GOOGLE_GENERATIVE_AI_API_KEY", []string{"AIza"}},
	{"groq", "GROQ_API_KEY", []string{"gsk_"}},
	{"mistral", "MISTRAL_API_KEY", nil},
	{"deepseek", "DEEPSEEK_API_KEY", nil},
	{"xai", "XAI_API_KEY", []string{"xai-"}},
	{"cohere", "COHERE_API_KEY", nil},
	{"vercel", "VERCEL_API_TOKEN", nil},
}

// Providers returns the table, in the order in which it is searched. The
// caller must not change it.
func Providers() []Provider { return providers }

// ProviderNamed finds a row.
func ProviderNamed(name string) (Provider, bool) {
	i := slices.IndexFunc(providers, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return providers[i], true
}

// otherOwner returns the provider whose keys begin like value, where that is
// not p.
func (p Provider) otherOwner(value string) (Provider, bool) {
	for _, other := range providers {
		begins := func(prefix string) bool { return strings.HasPrefix(value, prefix) }
		if slices.ContainsFunc(other.Prefixes, begins) {
			return other, other.Name != p.Name
		}
	}
	return Provider{}, false
}
