package auth

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"strings"
)

// DefaultOrigin is the service whose record is named "mogplex" alone, and the
// issuer of an entry that names none.
const DefaultOrigin = "https://mogplex.com"

// Key addresses one record: two keys never share one.
type Key struct {
	Dir      string // the state directory
	DirID    string // names Dir in the keychain; empty for ~/.mogplex of the user's own home
	Profile  string // empty for the default profile
	Provider string
	Origin   string // canonical origin of the service; for Mogplex alone

	account string // the name under which List found the item in the keychain
	noID    error  // why the name in the keychain is unknown
}

// Home returns the directory of the key's profile.
func (k Key) Home() string { return ProfileHome(k.Dir, k.Profile) }

// Subdir is the directory in Home for files of the key's service; empty for the
// default service.
func (k Key) Subdir() string {
	if k.Origin == "" || k.Origin == DefaultOrigin {
		return ""
	}
	return filepath.Join("services", digest(k.Origin))
}

// ProfileHome returns the directory of a profile in a state directory. The empty name
// is the default profile.
func ProfileHome(dir, profile string) string {
	if profile == "" {
		return dir
	}
	return filepath.Join(dir, "profiles", profile)
}

// ProfileName returns the name of the key's profile for people and programs.
func (k Key) ProfileName() string { return cmp.Or(k.Profile, "default") }

// Name returns the key's name in auth.json and for people.
func (k Key) Name() string {
	if k.Provider == Mogplex && k.Origin != DefaultOrigin {
		return k.Provider + "@" + k.Origin
	}
	return k.Provider
}

// IsKeyName reports whether an entry of that name in auth.json can be ours.
func IsKeyName(name string) bool {
	_, ours := fileKey(Key{}, name)
	return ours
}

// fileKey returns base with the provider and the origin of a name in auth.json, and
// whether the name can be a key of ours.
func fileKey(base Key, name string) (Key, bool) {
	provider, origin, other := strings.Cut(name, "@")
	base.Provider, base.Origin = provider, ""
	if _, known := ProviderNamed(provider); !known {
		return base, false
	}
	switch {
	case provider != Mogplex:
		return base, !other
	case !other:
		origin = DefaultOrigin
	}
	base.Origin = origin
	return base, isOrigin(origin) && (!other || origin != DefaultOrigin)
}

// isOrigin reports whether text is an origin in canonical form.
func isOrigin(text string) bool {
	origin, ok := parseOrigin(text)
	return ok && origin == text
}

// The tags of a keychain account's components. A component without a tag is the
// provider; neither a provider nor a profile has a dot in its name.
const (
	originTag  = "o_"
	profileTag = "p_"
	dirTag     = "d_"
)

// Account returns the key's name in the keychain, of [a-z0-9._-] alone. It has only a
// hash of the origin; the record has the origin itself.
func (k Key) Account() string {
	if k.account != "" {
		return k.account
	}
	return AccountNamed(k.Provider, k)
}

// AccountNamed returns the keychain account of another item, such as a sealing key,
// for the directory, profile and service of k.
func AccountNamed(what string, k Key) string {
	name := []string{what}
	if k.Origin != "" && k.Origin != DefaultOrigin {
		name = append(name, originTag+digest(k.Origin))
	}
	if k.Profile != "" {
		name = append(name, profileTag+k.Profile)
	}
	if k.DirID != "" {
		name = append(name, dirTag+k.DirID)
	}
	return strings.Join(name, ".")
}

// accountKey parses a keychain account. The origin stays empty: the account has
// only a hash of it.
func accountKey(account string) Key {
	provider, rest, _ := strings.Cut(account, ".")
	k := Key{Provider: provider, account: account}
	for part := range strings.SplitSeq(rest, ".") {
		if id, ok := strings.CutPrefix(part, dirTag); ok {
			k.DirID = id
		} else if profile, ok := strings.CutPrefix(part, profileTag); ok {
			k.Profile = profile
		}
	}
	return k
}

// inHome names the key within its directory and profile: its lock file and its entry
// in displaced.json.
func (k Key) inHome() string {
	var name []string
	for part := range strings.SplitSeq(k.Account(), ".") {
		if !strings.HasPrefix(part, profileTag) && !strings.HasPrefix(part, dirTag) {
			name = append(name, part)
		}
	}
	return strings.Join(name, ".")
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// canonicalOrigin returns an origin in its canonical form, the only one that is
// compared, and any other text unchanged.
func canonicalOrigin(text string) string {
	if origin, ok := parseOrigin(text); ok {
		return origin
	}
	return text
}

// parseOrigin returns an origin with scheme and host in lower case, without a default
// port or a path. ok is false if text is not an origin.
func parseOrigin(text string) (origin string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return "", false
	}
	return scheme + "://" + host, true
}
