package login

import (
	"crypto/subtle"
	"net/url"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/web"
)

const maxQuery = 8 << 10

// expectation holds the values that a callback of this sign-in must have.
type expectation struct {
	state         string
	issuer        string
	requireIssuer bool
	secrets       []string
}

// verdict classifies the parameters of a callback.
type verdict int

const (
	malformed    verdict = iota // not an authorization response
	foreign                     // a wrong or missing state: another sign-in's, or forged
	strayRefusal                // an error without state, which any process can send
	unbound                     // a code without state: only PKCE binds it to this sign-in
	answered                    // a code or an error, with the right state
)

// answer is an authorization response (RFC 6749 section 4.1.2).
type answer struct {
	code    string
	refusal *Error // instead of a code
	unbound bool   // the code was pasted without its state
}

// parse reads the query of a callback. Only the verdict answered may decide the
// sign-in.
func (x expectation) parse(rawQuery string) (answer, verdict) {
	if len(rawQuery) > maxQuery {
		return answer{}, malformed
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return answer{}, malformed
	}
	for _, key := range []string{"code", "state", "error", "error_description", "iss"} {
		if len(query[key]) > 1 { // RFC 6749 section 3.1
			return answer{}, malformed
		}
	}
	code, refused, state := query.Get("code"), query.Get("error"), query.Get("state")
	if (code == "") == (refused == "") {
		return answer{}, malformed
	}
	a := answer{code: code}
	if refused != "" {
		a.refusal = &Error{Op: opSignIn, Kind: ErrRefused, Code: errorCode(refused, x.secrets),
			Description: description(query.Get("error_description"), x.secrets)}
	}
	switch {
	case state == "" && refused != "":
		return a, strayRefusal
	case query.Has("state") && subtle.ConstantTimeCompare([]byte(state), []byte(x.state)) != 1:
		return answer{}, foreign
	case refused == "" && !web.VisibleASCII(code):
		return answer{}, malformed
	case !query.Has("state") && query.Has("iss") && !x.issuedBy(query):
		return answer{}, foreign
	case !query.Has("state"):
		a.unbound = true
		return a, unbound
	case !x.issuedBy(query):
		a = answer{refusal: &Error{Op: opSignIn, Kind: ErrBadAnswer, Err: errWrongIssuer}}
	}
	return a, answered
}

// issuedBy checks the issuer of a callback (RFC 9207 section 2.4).
func (x expectation) issuedBy(query url.Values) bool {
	if !query.Has("iss") {
		return !x.requireIssuer
	}
	return strings.TrimSuffix(query.Get("iss"), "/") == x.issuer
}
