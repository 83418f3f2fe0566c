package auth

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzKeysNeverShareAName compares the names of two keys, and parses them back.
func FuzzKeysNeverShareAName(f *testing.F) {
	for _, seed := range [][4]string{
		{"https://a.test", "work", "https://b.test", "work"}, {DefaultOrigin, "", "", ""}, {"https://a.test:443", "d_x", "https://A.test/", "p_x"},
		{"http://[::1]:80", "o_", "http://[::1]", "o_"}, {"https://mogplex.com.", "p", "https://mogplex.com", "p"}, {"https://ſ.test", "", "https://s.test", ""},
		{"", "", "foo", ""}, {"https://a:443:443", "", "https://a:443", ""}, {"https://u@a", "", "https://a?x", ""}, {"HTTPS://", "", "https:///", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], uint8(0), uint8(5))
	}
	ids := []string{"", strings.Repeat("ab", idBytes), strings.Repeat("cd", idBytes)}
	account := regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,119}$`)
	profile := regexp.MustCompile(`^([a-z0-9][a-z0-9_-]{0,31})?$`)
	f.Fuzz(func(t *testing.T, originA, profileA, originB, profileB string, a, b uint8) {
		if !profile.MatchString(profileA) || !profile.MatchString(profileB) {
			t.Skip()
		}
		key := func(origin, profile string, n uint8) (Key, bool) {
			k := Key{DirID: ids[int(n)%3], Profile: profile, Provider: providers[int(n/3)%len(providers)].Name}
			if k.Provider == Mogplex {
				k.Origin = canonicalOrigin(origin)
			}
			return k, k.Provider != Mogplex || isOrigin(k.Origin)
		}
		x, okX := key(originA, profileA, a)
		y, okY := key(originB, profileB, b)
		if !okX || !okY {
			return
		}
		if canonicalOrigin(x.Origin) != x.Origin {
			t.Fatalf("%q is not canonical the second time", x.Origin)
		}
		inFile := func(k Key) string { return k.Profile + "/" + k.DirID + "/" + k.Name() }
		lock := func(k Key) string { return k.Profile + "/" + k.DirID + "/" + k.inHome() }
		for what, name := range map[string]func(Key) string{"account": Key.Account, "file": inFile, "lock": lock} {
			if (name(x) == name(y)) != (x == y) {
				t.Errorf("%s: %+v is %q, %+v is %q", what, x, name(x), y, name(y))
			}
		}
		if !account.MatchString(x.Account()) || strings.Contains(x.Account(), "..") {
			t.Errorf("account %q", x.Account())
		}
		back, ours := fileKey(Key{DirID: x.DirID, Profile: x.Profile}, x.Name())
		if !ours || back != x || !IsKeyName(x.Name()) {
			t.Errorf("%q reads as %+v, %v; want %+v", x.Name(), back, ours, x)
		}
		parsed := accountKey(x.Account())
		parsed.Origin, parsed.account = x.Origin, ""
		if parsed != x {
			t.Errorf("%q reads as %+v; want %+v", x.Account(), parsed, x)
		}
	})
}

func TestIsKeyNameRefusesOtherNames(t *testing.T) {
	for _, name := range []string{
		"", "mogplex@", "mogplex@foo", "mogplex@" + DefaultOrigin, "mogplex@https://A.test", "mogplex@https://a.test/", "mogplex@https://a.test:443",
		"mogplex@ftp://a.test", "mogplex@https://", "mogplex@https://u@a.test", "openai@https://a.test", "openai@", "nobody", "Mogplex", "mogplex.o_",
	} {
		if IsKeyName(name) {
			k, _ := fileKey(Key{}, name)
			t.Errorf("%q is taken for %+v", name, k)
		}
	}
}

func TestCanonicalOrigin(t *testing.T) {
	for text, want := range map[string]string{
		"https://A.Test": "https://a.test", "HTTPS://a.test:443/": "https://a.test", "http://a.test:80": "http://a.test",
		"https://a.test:80": "https://a.test:80", "https://[::1]:443": "https://[::1]", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"https://a.test/path": "https://a.test/path", "https://u:p@a.test": "https://u:p@a.test", "not an origin": "not an origin", "": "",
	} {
		if got := canonicalOrigin(text); got != want {
			t.Errorf("%q is %q; want %q", text, got, want)
		}
	}
}

// An item belongs to the service that its record names, in any form of the origin.
func TestAnItemIsListedUnderItsServicesKey(t *testing.T) {
	for issuer, want := range map[string]string{
		"": "mogplex", DefaultOrigin: "mogplex", "https://MOGPLEX.com:443/": "mogplex", testOrigin: "mogplex@" + testOrigin, "https://Mogplex.Test/": "mogplex@" + testOrigin,
	} {
		c := account("a", 0)
		c.Issuer = issuer
		key := Key{Provider: Mogplex, Origin: canonicalOrigin(issuer), DirID: "x"}
		entry, err := Record{Credential: c, Revision: firstRevision()}.encode(Key{Provider: Mogplex}, true)
		must(t, err)
		if l, ours := listedAccount(key.Account(), entry); !ours || l.Err != nil || l.Key.Name() != want {
			t.Errorf("issuer %q: listed as %q, %v, %v", issuer, l.Key.Name(), ours, l.Err)
		}
		if l, _ := listedAccount(Key{Provider: Mogplex, Origin: "https://third.test", DirID: "x"}.Account(), entry); l.Err == nil {
			t.Errorf("issuer %q is taken under a third service's name", issuer)
		}
	}
}
