package auth

import (
	"slices"
	"strings"
)

// Mogplex is the account provider, the only one with sign-in, refresh and revocation.
// The others have keys.
const Mogplex = "mogplex"

// Provider is a row of the provider table.
type Provider struct {
	Name     string
	Variable string   // the environment variable that holds its key
	Prefixes []string // with which only its keys begin; may be empty
	BaseURL  string   // of its OpenAI-compatible API, without a final slash; empty for the account, whose key has the origin
}

var providers = []Provider{
	{Mogplex, "MOGPLEX_API_KEY", []string{"mog_"}, ""},
	{"anthropic", "ANTHROPIC_API_KEY", []string{"sk-ant-"}, "https://api.anthropic.com/v1"},
	{"openai", "OPENAI_API_KEY", []string{"sk-proj-", "sk-svcacct-"}, "https://api.openai.com/v1"},
	{"google", "GOOGLE_GENERATIVE_AI_API_KEY", []string{"AIza"}, "https://generativelanguage.googleapis.com/v1beta/openai"},
	{"groq", "GROQ_API_KEY", []string{"gsk_"}, "https://api.groq.com/openai/v1"},
	{"mistral", "MISTRAL_API_KEY", nil, "https://api.mistral.ai/v1"},
	{"deepseek", "DEEPSEEK_API_KEY", nil, "https://api.deepseek.com/v1"},
	{"xai", "XAI_API_KEY", []string{"xai-"}, "https://api.x.ai/v1"},
	{"cohere", "COHERE_API_KEY", nil, "https://api.cohere.ai/compatibility/v1"},
	{"vercel", "VERCEL_API_TOKEN", nil, "https://ai-gateway.vercel.sh/v1"},
}

// Providers returns the table, in the order of search. The caller must not change it.
func Providers() []Provider { return providers }

// ProviderNamed returns the provider of that name.
func ProviderNamed(name string) (Provider, bool) {
	i := slices.IndexFunc(providers, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return providers[i], true
}

// otherOwner returns the provider whose keys begin like value. ok is false if there is
// none, or if it is p.
func (p Provider) otherOwner(value string) (other Provider, ok bool) {
	for _, other = range providers {
		begins := func(prefix string) bool { return strings.HasPrefix(value, prefix) }
		if slices.ContainsFunc(other.Prefixes, begins) {
			return other, other.Name != p.Name
		}
	}
	return Provider{}, false
}
