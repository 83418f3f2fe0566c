package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// anyKey is the key of a record whose service is unknown.
var anyKey = Key{Provider: Mogplex}

func TestRecordsRoundTrip(t *testing.T) {
	for name, text := range map[string]string{
		"account": `{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"2026-11-23T12:00:00Z","scopes":["read","write"],` +
			`"issuer":"https://mogplex.test","account":{"id":"1","email":"ada@example.test","name":"Ada"},"saved_at":"2026-11-23T11:00:00.000000001Z","sign_in_expires_at":"2027-11-23T11:00:00Z"}`,
		"account without refresh":  `{"type":"oauth","access_token":"a","revision":"s.18446744073709551615.n"}`,
		"account, refresh alone":   `{"type":"oauth","refresh_token":"r","mark":{"state":"rejected"}}`,
		"claimed":                  `{"type":"oauth","refresh_token":"r","revision":"s.2.n","mark":{"state":"claimed","lock":"b-1-2","until":"2026-11-23T12:00:00Z","key":"AAEC"}}`,
		"personal token":           `{"type":"pat","token":"mog_t","issuer":"https://mogplex.test"}`,
		"key":                      `{"type":"api_key","key":"k","saved_at":"2026-11-23T11:00:00Z"}`,
		"fields of a later time":   `{"type":"api_key","key":"k","a":null,"b":12345678901234567890.10,"c":{"d":["\u003c",false]},"":"x"}`,
		"characters beyond ASCII":  `{"type":"pat","token":"t","account":{"name":"Ada Ł 💡"},"note":"Ł"}`,
		"a nested field of ours":   `{"type":"pat","token":"t","later":{"token":"other"}}`,
		"a name that is like ours": `{"type":"pat","token":"t","tokens":"u","access-token":"v"}`,
	} {
		rec, err := decodeRecord(anyKey, []byte(text))
		must(t, err)
		again, err := rec.encode(anyKey, false)
		must(t, err)
		var got, want map[string]any
		must(t, json.Unmarshal(again, &got))
		must(t, json.Unmarshal([]byte(text), &want))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%s became\n%s", name, text, again)
		}
	}
}

// A claim changes only the end of an entry, so that a keychain that splits long
// values rewrites only the last part.
func TestAClaimChangesOnlyTheEndOfAnEntry(t *testing.T) {
	rec := Record{Credential: account("a", time.Hour), Revision: firstRevision(), unknown: NewSecret(`{"later":1}`)}
	before, err := rec.encode(anyKey, true)
	must(t, err)
	rec.Revision, rec.Mark = rec.Revision.next(), newClaim("lock", noon)
	after, err := rec.encode(anyKey, true)
	must(t, err)
	head, _, _ := strings.Cut(string(before), `"revision"`)
	if !strings.HasPrefix(string(after), head) || !strings.Contains(head, "later") {
		t.Errorf("%s became\n%s", before, after)
	}
}

func TestAFieldInAnotherCaseIsNotWrittenTwice(t *testing.T) {
	rec, err := decodeRecord(anyKey, []byte(`{"type":"oauth","ACCESS_TOKEN":"old","Refresh_Token":"r","\u017faved_at":"2026-11-23T11:00:00Z","MARK":{"state":"rejected"}}`))
	must(t, err)
	rec.Token, rec.Mark = NewSecret("new"), nil
	entry, err := rec.encode(anyKey, false)
	must(t, err)
	if rec, err = decodeRecord(anyKey, entry); err != nil || rec.Token.Reveal() != "new" || rec.Refresh.Reveal() != "r" || rec.Mark != nil {
		t.Errorf("%s reads as token %q, %v", entry, rec.Token.Reveal(), err)
	}
}

func TestATokenThatCantBeSentIsIgnored(t *testing.T) {
	rec, err := decodeRecord(anyKey, []byte(`{"type":"oauth","access_token":"a\r\nX-Evil: 1","refresh_token":"r"}`))
	must(t, err)
	if !rec.Token.IsZero() || !rec.Expired(noon) || !rec.Refreshable() {
		t.Errorf("token %q is handed out", rec.Token.Reveal())
	}
	rec, err = decodeRecord(anyKey, []byte(`{"type":"oauth","access_token":"a","refresh_token":"r r"}`))
	must(t, err)
	if rec.Refreshable() || rec.Token.Reveal() != "a" {
		t.Error("a damaged refresh token is used")
	}
}

func TestEncodeRefusesUnreadableRecords(t *testing.T) {
	elsewhere := account("MARK", time.Hour)
	elsewhere.Issuer = "https://other.test"
	for _, c := range []Credential{
		{}, {Type: OAuth}, {Type: "later", Token: NewSecret("MARK")}, {Type: PAT, Token: NewSecret("MA RK")}, {Type: PAT, Refresh: NewSecret("MARK")},
		elsewhere, {Provider: Mogplex, Type: PAT, Token: NewSecret("MARK")},
	} {
		entry, err := Record{Credential: c, Revision: firstRevision()}.encode(Key{Provider: Mogplex, Origin: testOrigin}, false)
		if err == nil {
			t.Errorf("%+v is written as %s", c, entry)
		} else if strings.Contains(err.Error(), "MARK") {
			t.Errorf("the token is quoted: %v", err)
		}
	}
}

func TestATokenWithAnImpossibleTimeIsStored(t *testing.T) {
	for _, year := range []int{-5, 10_000, 292_277_026_596} {
		c := account("a", time.Hour)
		c.ExpiresAt = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		entry, err := Record{Credential: c}.encode(anyKey, false)
		must(t, err)
		if rec, err := decodeRecord(anyKey, entry); err != nil || !rec.ExpiresAt.IsZero() {
			t.Errorf("year %d: %s, %v", year, entry, err)
		}
	}
}

// An entry without an issuer is from the time when there was one service.
func TestAnEntryWithoutAnIssuerBelongsToTheDefaultService(t *testing.T) {
	for at, want := range map[string]error{DefaultOrigin: nil, testOrigin: ErrDamaged, "http://mogplex.com": ErrDamaged} {
		rec, err := decodeRecord(Key{Provider: Mogplex, Origin: at}, []byte(`{"type":"oauth","access_token":"a"}`))
		if wantError(t, err, want); rec.lacksIssuer() != (err == nil) {
			t.Errorf("%s: %+v", at, rec)
		}
	}
}

func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		`{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"2026-11-23T12:00:00Z","scopes":["read"],"account":{"id":"1"},"x":1,"revision":"s.1.n"}`,
		`{"type":"oauth","access_token":"a","revision":"s.2.n","mark":{"state":"claimed","lock":"l","until":"2026-11-23T12:00:00Z","key":"AAEC"}}`,
		`{"type":"pat","token":"mog_t","Token":"u","TOKEN":null}`, `{"type":"api_key","key":"k","":{},"\u017faved_at":1}`, `{"version":2,"type":"pat","token":"t"}`,
		`{"type":"pat","token":"t","saved_at":"0000-01-01T00:00:00+01:00","expires_at":"9999-12-31T23:59:59-01:00"}`,
		`{"type":"pat","token":"t","issuer":"<\u2028>","later":"<&>\u2028","mark":{"until":"9999-12-31T23:59:59-01:00"}}`, `null`, `[]`, `{`, "",
		`{"type":"pat","token":"t","revision":"s.1.n","Revision":"s.2.m"}`, `{"type":"pat","token":"t","Revision":"s.1.n","revision":7}`,
		`{"type":"pat","token":"t","REVISION":"s.1.n","Revision":"s.2.m"}`, `{"type":"pat","token":"t","revision":"s.1.n","Mark":7}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := decodeRecord(anyKey, data)
		if rec.Revision != revisionOf(data) {
			t.Fatalf("revision %+v", rec.Revision)
		}
		if err != nil {
			if !errors.Is(err, ErrDamaged) || !reflect.DeepEqual(rec, Record{Revision: rec.Revision}) {
				t.Fatalf("%+v with error %v", rec, err)
			}
			return
		}
		first, err := rec.encode(anyKey, false)
		must(t, err)
		again, err := decodeRecord(anyKey, first)
		if err != nil {
			t.Fatalf("%s can't be read back: %v", first, err)
		}
		if rec.Revision.SignIn != "" && again.Revision != rec.Revision {
			t.Fatalf("%s has another revision", first)
		}
		second, err := again.encode(anyKey, false)
		must(t, err)
		if string(first) != string(second) {
			t.Fatalf("%s became %s", first, second)
		}
		if !again.Token.Equal(rec.Token) || rec.Type == OAuth && !again.Refresh.Equal(rec.Refresh) || !again.unknown.Equal(rec.unknown) {
			t.Fatalf("%s lost a secret", first)
		}
		if (rec.Mark == nil) != (again.Mark == nil) || rec.Mark != nil && !rec.Mark.Key.Equal(again.Mark.Key.Secret) {
			t.Fatalf("%s lost its mark", first)
		}
	})
}

func FuzzRevision(f *testing.F) {
	f.Add("s.1.n")
	f.Add(firstRevision().String())
	f.Add("s.18446744073709551616.n")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseRevision(text)
		if !ok {
			return
		}
		if again, ok := parseRevision(r.String()); !ok || again != r {
			t.Fatalf("%q is %+v, and %q is %+v", text, r, r.String(), again)
		}
	})
}

func TestEachWriteHasARevisionOfItsOwn(t *testing.T) {
	r := firstRevision()
	next, twin := r.next(), r.next()
	switch {
	case next == twin, next == r, firstRevision().SignIn == r.SignIn:
		t.Error("two writes have one revision")
	case !r.sameSignIn(next), next.Count != r.Count+1, r.sameSignIn(firstRevision()):
		t.Errorf("%+v follows %+v", next, r)
	}
	nameless := hashRevision([]byte("a"))
	if nameless == hashRevision([]byte("b")) || nameless != hashRevision([]byte("a")) || nameless.sameSignIn(nameless) || nameless.next().SignIn == "" {
		t.Errorf("hash revision %+v", nameless)
	}
}

func TestASealedTokenNeedsItsKeyAndLabel(t *testing.T) {
	a, b := newClaim("l", noon).Key, newClaim("l", noon).Key
	text, err := a.seal("label", []byte("MARK"))
	must(t, err)
	if plain, err := a.open("label", text); err != nil || string(plain) != "MARK" {
		t.Errorf("%q, %v", plain, err)
	}
	for _, try := range []func() ([]byte, error){
		func() ([]byte, error) { return b.open("label", text) },
		func() ([]byte, error) { return a.open("other", text) },
		func() ([]byte, error) { return a.open("label", text[1:]) },
		func() ([]byte, error) { return a.open("label", "") },
		func() ([]byte, error) { return sealKey{NewSecret("AAEC")}.open("label", text) },
	} {
		if plain, err := try(); err == nil || plain != nil {
			t.Errorf("opened as %q", plain)
		}
	}
	for _, verb := range []string{"%v", "%s", "%d", "%x", "%#v", "%q"} {
		if got := fmt.Sprintf(verb, a); got != redacted {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
