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

// Record is a stored credential with what its writers need to know.
type Record struct {
	Credential
	Revision Revision
	Mark     *Mark // nil if nobody is renewing it
	ReadOnly bool  // another program's: it is used, and never written

	dir     string // the state directory that it names
	later   bool   // a later version wrote it
	unknown Secret // a JSON object: the fields of a later version
}

// entry is the stored form: the same in the keychain and in auth.json. What
// changes with a claim is at the end: a keychain that keeps a long value in
// parts then rewrites the last one alone.
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

// entryEnd is the end of an entry.
type entryEnd struct {
	Revision string      `json:"revision,omitempty"`
	Mark     *storedMark `json:"mark,omitempty"`
}

const entryVersion = 1

// wholeEntry is an entry as it is read.
type wholeEntry struct {
	entry
	entryEnd
}

// members maps each JSON member to where it is stored. They are decoded one by one
// because encoding/json would first inspect the type of the whole struct, and most
// processes decode a single entry.
func (e *wholeEntry) members() map[string]any {
	return map[string]any{
		"version": &e.Version, "type": &e.Type, "access_token": &e.AccessToken, "refresh_token": &e.RefreshToken,
		"token": &e.Token, "key": &e.Key, "expires_at": &e.ExpiresAt, "scopes": &e.Scopes, "issuer": &e.Issuer,
		"account": &e.Account, "saved_at": &e.SavedAt, "sign_in_expires_at": &e.SignInExpiresAt,
		"directory": &e.Directory, "profile": &e.Profile, "revision": &e.Revision, "mark": &e.Mark,
	}
}

// read reads an entry and returns the members that this version does not know,
// as a JSON object or nothing. As in encoding/json, the case of a name does not
// matter, unless there is one of the right case as well: a member that was read as
// known must not be written a second time. An error is ErrDamaged.
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

// decodeRecord reads a key's entry. Every failure is of class ErrDamaged, and
// the record then has its revision alone.
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

// Later reports that a later version stored the record: it is used, but only a
// sign-out changes it.
func (r Record) Later() bool { return r.later }

// lacksIssuer reports a record of the account from before entries named their
// issuer. A swap writes the issuer into it before its token is sent anywhere.
func (r Record) lacksIssuer() bool { return r.Provider == Mogplex && r.Issuer == "" }

// revisionOf is the revision of an entry; the zero one of none.
func revisionOf(data []byte) Revision {
	if data == nil {
		return Revision{}
	}
	var e wholeEntry // as a load decodes it, also if a name occurs twice
	if _, err := e.read(data); err != nil {
		return hashRevision(data)
	}
	return e.revision(data)
}

// revision is the entry's own revision, or a hash of the whole entry.
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

// encode returns the stored form of a key's record, which holds secrets; a located
// one names its directory and profile. It fails if decodeRecord could not read it.
func (r Record) encode(key Key, located bool) ([]byte, error) {
	token, refresh := usable(r.Token.Reveal()), usable(r.Refresh.Reveal())
	if token.IsZero() && (refresh.IsZero() || r.Type != OAuth) {
		return nil, fmt.Errorf("store the %s credential: there is no usable token in it", key.Provider)
	}
	if err := checkIssuer(key, r.Issuer); err != nil {
		return nil, fmt.Errorf("store the %s credential: %w", key.Provider, err)
	}
	e := entry{
		Type: r.Type, Scopes: r.Scopes, Issuer: r.Issuer,
		ExpiresAt: stored(r.ExpiresAt), SavedAt: stored(r.SavedAt), SignInExpiresAt: stored(r.SignInExpiresAt),
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

// joinObjects writes the members of several JSON objects as one object.
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

// stored is a time as it is written; nil if it is not known, or if RFC 3339 has
// no year for it, which must not keep a token from being stored.
func stored(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}
