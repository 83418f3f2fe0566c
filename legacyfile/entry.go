package legacyfile

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// canonical converts an entry of any known shape to the version 1 entry. It
// returns nil if value is not a credential: its secret is blank, or its shape is
// unknown. An ambiguous credential is a *fault; see [object.check].
//
// The credentials object is ours, so an object of an unknown type in it is
// returned as it is. At the top level, which other programs share, a value must
// have the shape of a credential.
func canonical(name string, value json.RawMessage, topLevel bool) (entry []byte, err error) {
	if len(value) == 0 || value[0] != '"' && value[0] != '{' {
		return nil, nil
	}
	o := object{newMember("token", value)}
	if value[0] == '"' {
		entry = fromSecret(name, o, "token", topLevel)
	} else if o = members(value, 0); len(o) > 0 {
		entry = fromObject(name, o, topLevel)
	}
	if entry == nil {
		return nil, nil
	}
	if err := o.check(value); err != nil {
		return nil, err
	}
	return entry, nil
}

func fromObject(name string, o object, topLevel bool) []byte {
	switch kind := o.text("type"); {
	case kind == "oauth":
		return oauth(o)
	case kind == "pat":
		return ifSecret(o, "token")
	case kind == "api_key":
		return ifSecret(o, "key")
	case kind == "api":
		return fromSecret(name, o, "key", false)
	case o.has("type"):
		return ifOurs(o, topLevel)
	case o.has(accessNames...) || o.has(refreshNames...):
		return oauth(o)
	case o.has("token"):
		return fromSecret(name, o, "token", topLevel)
	case o.has("key"):
		return fromSecret(name, o, "key", topLevel)
	default:
		return ifOurs(o, topLevel)
	}
}

// The names a field has had, the canonical one first.
var (
	accessNames  = []string{"access_token", "accessToken", "access"}
	refreshNames = []string{"refresh_token", "refreshToken", "refresh"}
	expiryNames  = []string{"expires_at", "expiresAt", "expires"}
)

func oauth(o object) []byte {
	o = o.rename(accessNames, secretValue)
	o = o.rename(refreshNames, secretValue)
	o = o.rename(expiryNames, timeValue)
	if timeValue(o.get("expires_at")) == nil {
		o = o.without("expires_at") // the token is usable without a valid time
	}
	if o.text("access_token") == "" && o.text("refresh_token") == "" {
		return nil
	}
	return typed(o, "oauth").compact()
}

// fromSecret converts an entry that is one secret of unstated kind: a personal
// access token if it is the account service's, else a provider's key.
func fromSecret(name string, o object, field string, topLevel bool) []byte {
	secret := o.text(field)
	ours := strings.HasPrefix(secret, "mog_")
	if secret == "" || topLevel && !ours && !isProvider(name) {
		return nil
	}
	kind, target := "api_key", "key"
	if ours || name == "mogplex" || strings.HasPrefix(name, "mogplex@") {
		kind, target = "pat", "token"
	}
	if field != target {
		o = o.without(target).rename([]string{target, field}, secretValue)
	}
	return typed(o, kind).compact()
}

// isProvider reports whether a bare string at the top level under this name is a
// key. Under another name it may be any program's setting.
func isProvider(name string) bool {
	switch name {
	case "mogplex", "anthropic", "openai", "google", "groq", "mistral",
		"deepseek", "xai", "cohere", "vercel":
		return true
	}
	return false
}

func ifSecret(o object, field string) []byte {
	if o.text(field) == "" {
		return nil
	}
	return o.compact()
}

func ifOurs(o object, topLevel bool) []byte {
	if topLevel {
		return nil
	}
	return o.compact()
}

// rename moves the first usable value that it finds under names to the first name,
// in place. Other values stay where they are.
func (o object) rename(names []string, usable func(json.RawMessage) json.RawMessage) object {
	for i, name := range names {
		value := usable(o.get(name))
		if value == nil {
			continue
		}
		if i > 0 {
			o = o.without(names[0])
		}
		o = slices.Clone(o)
		at := o.index(name)
		if i > 0 {
			o[at].name, o[at].key = names[0], quote(names[0])
		}
		o[at].value = value
		return o
	}
	return o
}

// typed sets the object's type, as the first member if it is new.
func typed(o object, kind string) object {
	i := o.index("type")
	switch {
	case i < 0:
		return append(object{newMember("type", quote(kind))}, o...)
	case o.text("type") != kind:
		o = slices.Clone(o)
		o[i].value = quote(kind)
	}
	return o
}

func secretValue(value json.RawMessage) json.RawMessage {
	if text(value) == "" {
		return nil
	}
	return value
}

// timeValue returns an RFC 3339 time as it is, milliseconds since 1970 as RFC 3339,
// and nil for anything else.
func timeValue(value json.RawMessage) json.RawMessage {
	if _, err := time.Parse(time.RFC3339, text(value)); err == nil {
		return value
	}
	const year10000 = 253402300800000
	var ms float64
	if len(value) == 0 || value[0] == 'n' || json.Unmarshal(value, &ms) != nil || ms < 0 || ms >= year10000 {
		return nil
	}
	return quote(time.UnixMilli(int64(ms)).UTC().Format(time.RFC3339Nano))
}
