package legacyfile

import (
	"encoding/json"
	"strings"
	"time"
)

// canonical turns an entry of any known shape into the version 1 entry. It
// returns nil if value is no credential: a blank secret, or no known shape. A
// credential that readers may disagree about is a *fault, see [object.clear].
//
// The credentials object is ours, so an object of an unknown type in it is
// returned as it is. The top level is shared with other programs' keys, so
// there only what is surely a credential counts as one.
func canonical(name string, value json.RawMessage, topLevel bool) (entry []byte, err error) {
	if len(value) == 0 || value[0] != '"' && value[0] != '{' {
		return nil, nil
	}
	o := object{newMember("token", value)}
	if value[0] == '"' {
		entry = lone(name, o, "token", topLevel)
	} else if o = members(value, 0); len(o) > 0 {
		entry = shaped(name, o, topLevel)
	}
	if entry == nil {
		return nil, nil
	}
	if err := o.clear(value); err != nil {
		return nil, err
	}
	return entry, nil
}

// shaped is canonical for an object.
func shaped(name string, o object, topLevel bool) []byte {
	switch kind := o.text("type"); {
	case kind == "oauth":
		return oauth(o)
	case kind == "pat":
		return ifSecret(o, "token")
	case kind == "api_key":
		return ifSecret(o, "key")
	case kind == "api":
		return lone(name, o, "key", false)
	case o.index("type") >= 0:
		return ifOurs(o, topLevel)
	case hasAny(o, accessNames...) || hasAny(o, refreshNames...):
		return oauth(o)
	case hasAny(o, "token"):
		return lone(name, o, "token", topLevel)
	case hasAny(o, "key"):
		return lone(name, o, "key", topLevel)
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
		o = o.without("expires_at") // a bad time must not make the token unreadable
	}
	if o.text("access_token") == "" && o.text("refresh_token") == "" {
		return nil
	}
	return typed(o, "oauth").compact()
}

// lone converts an entry that is one secret and does not say which kind. The
// account service's own are personal access tokens, all others provider keys.
func lone(name string, o object, field string, topLevel bool) []byte {
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

// isProvider reports whether a bare string at the top level under this name
// is a key. Elsewhere it could be any program's setting.
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

func hasAny(o object, names ...string) bool {
	for _, name := range names {
		if o.index(name) >= 0 {
			return true
		}
	}
	return false
}

// rename stores the first usable value found under names under the first of
// them, in place. A value that is not usable stays where it is.
func (o object) rename(names []string, usable func(json.RawMessage) json.RawMessage) object {
	for i, name := range names {
		value := usable(o.get(name))
		if value == nil {
			continue
		}
		if i > 0 {
			o = o.without(names[0])
		}
		o = append(object(nil), o...)
		at := o.index(name)
		if i > 0 {
			o[at].name, o[at].key = names[0], quote(names[0])
		}
		o[at].value = value
		return o
	}
	return o
}

// typed gives the object its type, in front where it had none.
func typed(o object, kind string) object {
	if o.text("type") == kind {
		return o
	}
	if o.index("type") >= 0 {
		return o.with("type", quote(kind))
	}
	return append(object{newMember("type", quote(kind))}, o...)
}

func secretValue(value json.RawMessage) json.RawMessage {
	if text(value) == "" {
		return nil
	}
	return value
}

// timeValue returns an RFC 3339 time as it is and milliseconds since 1970 as
// RFC 3339; nil for anything else.
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
