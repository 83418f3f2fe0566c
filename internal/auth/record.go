package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Record is a stored credential with the data that its writers need.
type Record struct {
	Credential
	Revision Revision
	Mark     *Mark // nil without a claim or rejection
	ReadOnly bool  // another program's: used, but never written

	dir     string // the state directory in its entry
	later   bool   // a later version wrote it
	unknown Secret // a JSON object: the fields that only a later version knows
}

// entry is the stored form, in the keychain and in auth.json. The members that a claim
// changes come last, in entryEnd: a keychain that splits a long value into parts then
// rewrites only the last part.
type entry struct {
	Version         int        `json:"version,omitempty"` // absent is 1
	Type            Type       `json:"type"`
	AccessToken     string     `json:"access_token,omitempty"`
	RefreshToken    string     `json:"refresh_token,omitempty"`
	Token           string     `json:"token,omitempty"`
	Key             string     `json:"key,omitempty"`
	ExpiresAt       *time.Time `json:"expires_at,omitempty"`
	Scopes          []string   `json:"scopes,omitempty"`
	Issuer          string     `json:"issuer,omitempty"`
	Account         *Account   `json:"account,omitempty"`
	SavedAt         *time.Time `json:"saved_at,omitempty"`
	SignInExpiresAt *time.Time `json:"sign_in_expires_at,omitempty"`
	Directory       string     `json:"directory,omitempty"`
	Profile         string     `json:"profile,omitempty"`
}

// entryEnd has the last members of an entry.
type entryEnd struct {
	Revision string      `json:"revision,omitempty"`
	Mark     *storedMark `json:"mark,omitempty"`
}

const entryVersion = 1

// wholeEntry is an entry with all its members, for reading.
type wholeEntry struct {
	entry
	entryEnd
}

// members maps the name of each JSON member to its field. They are decoded one by one
// because encoding/json would first inspect the type of the whole struct, which costs
// a process that decodes a single entry too much.
func (e *wholeEntry) members() map[string]any {
	return map[string]any{
		"version": &e.Version, "type": &e.Type, "access_token": &e.AccessToken, "refresh_token": &e.RefreshToken,
		"token": &e.Token, "key": &e.Key, "expires_at": &e.ExpiresAt, "scopes": &e.Scopes, "issuer": &e.Issuer,
		"account": &e.Account, "saved_at": &e.SavedAt, "sign_in_expires_at": &e.SignInExpiresAt,
		"directory": &e.Directory, "profile": &e.Profile, "revision": &e.Revision, "mark": &e.Mark,
	}
}

// read decodes an entry and returns the members that this version does not know, as a
// JSON object; zero if there are none. Like encoding/json it ignores the case of a
// name, but prefers the exact one. A member that differs only by case is not unknown:
// it would be written a second time. Any error is ErrDamaged.
func (e *wholeEntry) read(data []byte) (unknown Secret, err error) {
	var given map[string]json.RawMessage
	if json.Unmarshal(data, &given) != nil {
		return Secret{}, ErrDamaged
	}
	members := e.members()
	for name, value := range given {
		into, known := members[name]
		if !known {
			continue
		}
		if json.Unmarshal(value, into) != nil {
			return Secret{}, ErrDamaged
		}
		members[name] = nil
		delete(given, name)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		for known, into := range members {
			if !strings.EqualFold(known, name) {
				continue
			}
			if into != nil && json.Unmarshal(given[name], into) != nil {
				return Secret{}, ErrDamaged
			}
			members[known] = nil
			delete(given, name)
		}
	}
	if len(given) == 0 {
		return Secret{}, nil
	}
	text, err := json.Marshal(given)
	return NewSecret(string(text)), err
}

// decodeRecord decodes a key's entry. Every error wraps ErrDamaged, and the record then
// has only its revision.
func decodeRecord(key Key, data []byte) (Record, error) {
	var e wholeEntry
	unknown, err := e.read(data)
	if err != nil {
		return Record{Revision: revisionOf(data)}, err
	}
	rec := Record{Revision: e.revision(data)}
	c := Credential{Provider: key.Provider, Type: e.Type, Scopes: e.Scopes, Issuer: e.Issuer}
	switch e.Type {
	case OAuth:
		c.Token, c.Refresh = usable(e.AccessToken), usable(e.RefreshToken)
	case PAT:
		c.Token = usable(e.Token)
	case APIKey:
		c.Token = usable(e.Key)
	}
	if c.Token.IsZero() && c.Refresh.IsZero() {
		return rec, ErrDamaged
	}
	c.ExpiresAt, c.SavedAt, c.SignInExpiresAt = timeOf(e.ExpiresAt), timeOf(e.SavedAt), timeOf(e.SignInExpiresAt)
	if e.Account != nil {
		c.Account = *e.Account
	}
	if err := checkIssuer(key, c.Issuer); err != nil {
		return rec, err
	}
	rec.Credential, rec.Mark, rec.dir, rec.unknown = c, e.Mark.mark(), e.Directory, unknown
	rec.later = e.Version > entryVersion
	return rec, nil
}

// checkIssuer refuses a record of the account whose issuer is not its key's. A
// key that was read from a keychain's account has no origin yet.
func checkIssuer(key Key, issuer string) error {
	switch {
	case key.Provider != Mogplex, key.Origin == "", canonicalOrigin(issuer) == key.Origin:
		return nil
	case issuer == "" && key.Origin == DefaultOrigin:
		return nil
	case issuer == "":
		return fmt.Errorf("%w: it does not say which service issued it", ErrDamaged)
	}
	return fmt.Errorf("%w: another service issued it", ErrDamaged)
}

// Later reports whether a later version of mogplex stored the record. Such a record is
// used, but only a sign-out changes it.
func (r Record) Later() bool { return r.later }

// lacksIssuer reports whether the record is one of the account, from before entries
// named their issuer. A swap adds the issuer before its token is sent anywhere.
func (r Record) lacksIssuer() bool { return r.Provider == Mogplex && r.Issuer == "" }

// revisionOf returns the revision of an entry; the zero one for nil.
func revisionOf(data []byte) Revision {
	if data == nil {
		return Revision{}
	}
	var e wholeEntry // decoded as by decodeRecord, even if a name occurs twice
	if _, err := e.read(data); err != nil {
		return hashRevision(data)
	}
	return e.revision(data)
}

// revision returns the entry's own revision, or a hash of data, the whole entry.
func (e entryEnd) revision(data []byte) Revision {
	if r, ok := parseRevision(e.Revision); ok {
		return r
	}
	return hashRevision(data)
}

func isLater(data []byte) bool {
	var e struct{ Version int }
	return json.Unmarshal(data, &e) == nil && e.Version > entryVersion
}

// encode returns the stored form of a key's record, which holds secrets. If located,
// it names the directory and the profile. It fails if decodeRecord could not decode
// the result.
func (r Record) encode(key Key, located bool) ([]byte, error) {
	token, refresh := usable(r.Token.Reveal()), usable(r.Refresh.Reveal())
	if token.IsZero() && (refresh.IsZero() || r.Type != OAuth) {
		return nil, fmt.Errorf("store the %s credential: it has no usable token", key.Provider)
	}
	if err := checkIssuer(key, r.Issuer); err != nil {
		return nil, fmt.Errorf("store the %s credential: %w", key.Provider, err)
	}
	e := entry{
		Type: r.Type, Scopes: r.Scopes, Issuer: r.Issuer,
		ExpiresAt: storedTime(r.ExpiresAt), SavedAt: storedTime(r.SavedAt), SignInExpiresAt: storedTime(r.SignInExpiresAt),
	}
	switch r.Type {
	case OAuth:
		e.AccessToken, e.RefreshToken = r.Token.Reveal(), r.Refresh.Reveal()
	case PAT:
		e.Token = r.Token.Reveal()
	case APIKey:
		e.Key = r.Token.Reveal()
	default:
		return nil, fmt.Errorf("store the %s credential: its type is unknown", key.Provider)
	}
	if r.Account != (Account{}) {
		e.Account = &r.Account
	}
	if located {
		e.Directory, e.Profile = key.Dir, key.Profile
	}
	return joinObjects(e, json.RawMessage(r.unknown.Reveal()), entryEnd{r.Revision.String(), r.Mark.stored()})
}

// joinObjects returns one JSON object with the members of several. It skips an empty
// json.RawMessage.
func joinObjects(objects ...any) ([]byte, error) {
	var members [][]byte
	for _, o := range objects {
		if raw, ok := o.(json.RawMessage); ok && len(raw) == 0 {
			continue
		}
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		if text = bytes.TrimSpace(text[1 : len(text)-1]); len(text) > 0 {
			members = append(members, text)
		}
	}
	return slices.Concat([]byte{'{'}, bytes.Join(members, []byte{','}), []byte{'}'}), nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// storedTime returns a time for an entry; nil if it is unknown, or if RFC 3339 can't
// express its year: a token is stored even with an impossible time.
func storedTime(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}
