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
	Others   []string // more variables in which programs look for its key; mogplex does not read them
	Prefixes []string // with which only its keys begin; may be empty
	Header   string   // of HTTP, which takes the key alone; empty for "Authorization: Bearer"
	BaseURL  string   // of its OpenAI-compatible API, without a final slash; empty for the account, whose key has the origin
}

var providers = []Provider{
	{Name: Mogplex, Variable: "MOGPLEX_API_KEY", Prefixes: []string{"mog_"}},
	{
		Name: "anthropic", Variable: "ANTHROPIC_API_KEY", Others: []string{"ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"},
		Prefixes: []string{"sk-ant-"}, Header: "x-api-key", BaseURL: "https://api.anthropic.com/v1",
	},
	{
		Name: "openai", Variable: "OPENAI_API_KEY", Others: []string{"CODEX_API_KEY"},
		Prefixes: []string{"sk-proj-", "sk-svcacct-"}, BaseURL: "https://api.openai.com/v1",
	},
	{
		Name: "google", Variable: "GOOGLE_GENERATIVE_AI_API_KEY", Others: []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"},
		Prefixes: []string{"AIza"}, Header: "x-goog-api-key", BaseURL: "https://generativelanguage.googleapis.com/v1beta/openai",
	},
	{Name: "groq", Variable: "GROQ_API_KEY", Prefixes: []string{"gsk_"}, BaseURL: "https://api.groq.com/openai/v1"},
	{Name: "mistral", Variable: "MISTRAL_API_KEY", BaseURL: "https://api.mistral.ai/v1"},
	{Name: "deepseek", Variable: "DEEPSEEK_API_KEY", BaseURL: "https://api.deepseek.com/v1"},
	{Name: "xai", Variable: "XAI_API_KEY", Prefixes: []string{"xai-"}, BaseURL: "https://api.x.ai/v1"},
	{Name: "cohere", Variable: "COHERE_API_KEY", Others: []string{"CO_API_KEY"}, BaseURL: "https://api.cohere.ai/compatibility/v1"},
	{Name: "vercel", Variable: "VERCEL_API_TOKEN", Others: []string{"AI_GATEWAY_API_KEY"}, BaseURL: "https://ai-gateway.vercel.sh/v1"},
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

// HeaderFor returns the HTTP header that authenticates with a credential of the provider.
// The value holds its token.
func (p Provider) HeaderFor(c Credential) (name string, value Secret) {
	if p.Header != "" {
		return p.Header, c.Token
	}
	return "Authorization", NewSecret("Bearer " + c.Token.Reveal())
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
