package cli

import (
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// tokenReport is the object of `auth token --json`, with the names of RFC 6749 section
// 5.1. docs/automation.md promises its fields.
type tokenReport struct {
	AccessToken string       `json:"access_token"`
	Header      headerReport `json:"header"`
	grantReport
	ExpiresAt string `json:"expires_at,omitempty"`
	Provider  string `json:"provider"`
	Issuer    string `json:"issuer,omitempty"`
}

// headerReport is the HTTP header that a request needs.
type headerReport struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// grantReport has the fields that all reports of a token share.
type grantReport struct {
	TokenType string `json:"token_type,omitempty"` // Bearer, or absent for a key with its own header
	ExpiresIn *int64 `json:"expires_in,omitempty"` // in seconds
	Scope     string `json:"scope,omitempty"`
	Profile   string `json:"profile"`
}

func (p *program) tokenReport(c auth.Credential) tokenReport {
	return tokenReport{
		AccessToken: c.Token.Reveal(), Header: headerOf(c), grantReport: p.grantReport(c),
		ExpiresAt: timestamp(c.ExpiresAt), Provider: c.Provider, Issuer: text.Printable(c.Issuer),
	}
}

func headerOf(c auth.Credential) headerReport {
	provider, _ := auth.ProviderNamed(c.Provider)
	name, value := provider.HeaderFor(c)
	return headerReport{name, value.Reveal()}
}

func (p *program) grantReport(c auth.Credential) grantReport {
	r := grantReport{Scope: strings.Join(c.Scopes, " "), Profile: p.account.ProfileName()}
	if headerOf(c).Name == "Authorization" {
		r.TokenType = "Bearer"
	}
	if !c.ExpiresAt.IsZero() {
		left := max(0, int64(c.ExpiresAt.Sub(p.env.Now()).Seconds()))
		r.ExpiresIn = &left
	}
	return r
}

func newActiveReport(source string, c auth.Credential) activeReport {
	return activeReport{
		Provider: c.Provider, Source: source, Type: c.Type, Account: accountReport(c.Account), Issuer: text.Printable(c.Issuer),
		Scopes: c.Scopes, ExpiresAt: timestamp(c.ExpiresAt), SignInEnds: timestamp(c.SignInExpiresAt), Refreshable: c.Refreshable(),
	}
}

// savedReport is the object of `auth refresh --json` and `login --json`: the credential
// that was stored, as in `auth status --json`, and the fields of `auth token --json`
// that hold no secret.
type savedReport struct {
	activeReport
	grantReport
	Replaced []replacedReport `json:"replaced,omitempty"`
}

// replacedReport is a credential whose place a sign-in took.
type replacedReport struct {
	Provider string        `json:"provider"`
	Type     auth.Type     `json:"type"`
	Account  *auth.Account `json:"account,omitempty"`
	Issuer   string        `json:"issuer,omitempty"`
}

func (p *program) savedReport(source string, c auth.Credential, replaced []auth.Credential) savedReport {
	r := savedReport{activeReport: newActiveReport(source, c), grantReport: p.grantReport(c)}
	for _, old := range replaced {
		r.Replaced = append(r.Replaced, replacedReport{old.Provider, old.Type, accountReport(old.Account), text.Printable(old.Issuer)})
	}
	return r
}
