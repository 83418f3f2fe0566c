package auth

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestEntriesRoundTrip(t *testing.T) {
	for name, entry := range map[string]string{
		"account": `{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"2026-11-23T12:00:00Z","scopes":["read","write"],` +
			`"issuer":"https://mogplex.test","account":{"id":"1","email":"ada@example.test","name":"Ada"},"saved_at":"2026-11-23T11:00:00.000000001Z"}`,
		"account without refresh":  `{"type":"oauth","access_token":"a"}`,
		"account, refresh alone":   `{"type":"oauth","refresh_token":"r"}`,
		"personal token":           `{"type":"pat","token":"mog_t","issuer":"https://mogplex.test"}`,
		"key":                      `{"type":"api_key","key":"k","saved_at":"2026-11-23T11:00:00Z"}`,
		"fields of a later time":   `{"type":"api_key","key":"k","a":null,"b":12345678901234567890.10,"c":{"d":["\u003c",false]},"":"x"}`,
		"characters beyond ASCII":  `{"type":"pat","token":"t","account":{"name":"Ada Ł 💡"},"note":"Ł"}`,
		"a nested field of ours":   `{"type":"pat","token":"t","later":{"token":"other"}}`,
		"a name that is like ours": `{"type":"pat","token":"t","tokens":"u","access-token":"v"}`,
	} {
		c, err := Decode("p", []byte(entry))
		must(t, err)
		if c.Provider != "p" {
			t.Errorf("%s: provider %q", name, c.Provider)
		}
		again, err := c.Encode()
		must(t, err)
		var got, want map[string]json.RawMessage
		must(t, json.Unmarshal(again, &got))
		must(t, json.Unmarshal([]byte(entry), &want))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%s became\n%s", name, entry, again)
		}
	}
}

func TestAFieldInAnotherCaseIsNotWrittenTwice(t *testing.T) {
	c, err := Decode(Mogplex, []byte(`{"type":"oauth","ACCESS_TOKEN":"old","Refresh_Token":"r","\u017faved_at":"2026-11-23T11:00:00Z"}`))
	must(t, err)
	c.Token = NewSecret("new")
	entry, err := c.Encode()
	must(t, err)
	if c, err = Decode(Mogplex, entry); err != nil || c.Token.Reveal() != "new" || c.Refresh.Reveal() != "r" {
		t.Errorf("%s reads as token %q, %v", entry, c.Token.Reveal(), err)
	}
}

func TestATokenThatCantBeSentIsNone(t *testing.T) {
	c, err := Decode(Mogplex, []byte(`{"type":"oauth","access_token":"a\r\nX-Evil: 1","refresh_token":"r"}`))
	must(t, err)
	if !c.Token.IsZero() || !c.Expired(noon) || !c.Refreshable() {
		t.Errorf("token %q is handed out", c.Token.Reveal())
	}
	c, err = Decode(Mogplex, []byte(`{"type":"oauth","access_token":"a","refresh_token":"r r"}`))
	must(t, err)
	if c.Refreshable() || c.Token.Reveal() != "a" {
		t.Error("a damaged refresh token is used")
	}
}

func TestEncodeRefusesWhatDecodeCouldNotRead(t *testing.T) {
	for _, c := range []Credential{{}, {Type: OAuth}, {Type: "later", Token: NewSecret("MARK")}, {Type: PAT, Token: NewSecret("MA RK")}, {Type: PAT, Refresh: NewSecret("MARK")}} {
		if entry, err := c.Encode(); err == nil {
			if _, err := Decode("", entry); err != nil {
				t.Errorf("%s is written and can't be read", entry)
			}
		}
	}
}

func TestATimeThatCantBeWrittenDoesNotKeepATokenFromBeingStored(t *testing.T) {
	for _, year := range []int{-5, 10_000, 292_277_026_596} {
		c := account("a", time.Hour)
		c.ExpiresAt = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		entry, err := c.Encode()
		must(t, err)
		if c, err = Decode(Mogplex, entry); err != nil || !c.ExpiresAt.IsZero() {
			t.Errorf("year %d: %s, %v", year, entry, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	for _, test := range []struct {
		c                    Credential
		expired, refreshable bool
	}{
		{account("a", time.Nanosecond), false, true},
		{account("a", 0), true, true},
		{account("a", -time.Hour), true, true},
		{Credential{Provider: Mogplex, Type: OAuth, Token: NewSecret("a")}, false, false},
		{Credential{Provider: Mogplex, Type: OAuth, Refresh: NewSecret("r")}, true, true},
		{Credential{Provider: "anthropic", Type: OAuth, Token: NewSecret("a"), Refresh: NewSecret("r")}, false, false},
		{Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("a")}, false, false},
		{Credential{}, true, false},
	} {
		if test.c.Expired(noon) != test.expired || test.c.Refreshable() != test.refreshable {
			t.Errorf("%+v: expired %v, refreshable %v", test.c, test.c.Expired(noon), test.c.Refreshable())
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"2026-11-23T12:00:00Z","scopes":["read"],"account":{"id":"1"},"x":1}`,
		`{"type":"pat","token":"mog_t","Token":"u","TOKEN":null}`, `{"type":"api_key","key":"k","":{},"\u017faved_at":1}`,
		`{"type":"pat","token":"t","saved_at":"0000-01-01T00:00:00+01:00","expires_at":"9999-12-31T23:59:59-01:00"}`,
		`{"type":"pat","token":"t","issuer":"<\u2028>","later":"<&>\u2028"}`, `null`, `[]`, `{`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Decode("p", data)
		if err != nil {
			if err != ErrDamaged || !reflect.DeepEqual(c, Credential{}) {
				t.Fatalf("%+v with error %v", c, err)
			}
			return
		}
		first, err := c.Encode()
		must(t, err)
		again, err := Decode("p", first)
		if err != nil {
			t.Fatalf("%s can't be read back: %v", first, err)
		}
		second, err := again.Encode()
		must(t, err)
		if string(first) != string(second) {
			t.Fatalf("%s became %s", first, second)
		}
		if !again.Token.Equal(c.Token) || c.Type == OAuth && !again.Refresh.Equal(c.Refresh) || !again.unknown.Equal(c.unknown) {
			t.Fatalf("%s lost a secret", first)
		}
		if errors.Is(err, ErrDamaged) || c.Token.IsZero() && c.Refresh.IsZero() {
			t.Fatal("there is no token in it")
		}
	})
}
