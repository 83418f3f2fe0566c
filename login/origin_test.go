package login

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestCheckOrigin(t *testing.T) {
	for in, want := range map[string]string{
		"https://mogplex.com":                          "https://mogplex.com",
		"https://mogplex.com/":                         "https://mogplex.com",
		"HTTPS://MogPlex.COM:443":                      "https://mogplex.com",
		"https://mogplex.com:8443":                     "https://mogplex.com:8443",
		"https://mogplex.com:08443":                    "https://mogplex.com:8443",
		"https://xn--mgplex-qxa.com":                   "https://xn--mgplex-qxa.com",
		"https://10.0.0.1":                             "https://10.0.0.1",
		"https://[2001:DB8::1]:8443":                   "https://[2001:db8::1]:8443",
		"http://127.0.0.1:8787":                        "http://127.0.0.1:8787",
		"http://127.9.9.9:80":                          "http://127.9.9.9",
		"http://[::1]:8787":                            "http://[::1]:8787",
		"http://LocalHost:8787":                        "http://localhost:8787",
		"http://localhost.evil.example":                "",
		"http://mogplex.com":                           "",
		"http://127.0.0.1.evil.example":                "",
		"http://0.0.0.0:1":                             "",
		"http://2130706433":                            "",
		"http://0x7f.1":                                "",
		"http://127.1":                                 "",
		"https://127.1":                                "",
		"ftp://mogplex.com":                            "",
		"mogplex.com":                                  "",
		"https:mogplex.com":                            "",
		"https://":                                     "",
		"https:///":                                    "",
		"":                                             "",
		"https://mogplex.com/x":                        "",
		"https://mogplex.com//":                        "",
		"https://mogplex.com?":                         "",
		"https://mogplex.com#":                         "",
		"https://user:MARK-pw@mogplex.com":             "",
		"https://@mogplex.com":                         "",
		"https://mogplex.com\\@evil.example":           "",
		"https://mogplex.com%2eevil.example":           "",
		"https://mogplex.com:":                         "",
		"https://mogplex.com:0":                        "",
		"https://mogplex.com:65536":                    "",
		"https://mogplex.com:x":                        "",
		"https://mogplex.com.":                         "",
		"https://.mogplex.com":                         "",
		"https://mog_plex.com":                         "",
		"https://-mogplex.com":                         "",
		"https://mogpleх.com":                          "", // Cyrillic х
		"https://mogplex.com\n":                        "",
		" https://mogplex.com":                         "",
		"https://mogplex.com\x00":                      "",
		"https://[::1%25eth0]":                         "",
		"https://[127.0.0.1]":                          "",
		"https://::1":                                  "",
		"https://" + strings.Repeat("a.", 200) + "com": "",
	} {
		got, err := CheckOrigin(in, true)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrBadOrigin) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "MARK") {
			t.Errorf("the error quotes the address: %v", err)
		}
		if got, err := CheckOrigin(in, false); err == nil && !strings.HasPrefix(got, "https://") {
			t.Errorf("%q: plain http is accepted", in)
		}
	}
}

func TestOperationsRefuseABadOrigin(t *testing.T) {
	c := &Client{Origin: "http://mogplex.com"}
	_, signIn := c.SignIn(context.Background(), Flow{})
	_, refresh := c.Refresh(context.Background(), "r")
	_, revoke := c.Revoke(context.Background(), "r", "")
	for _, err := range []error{signIn, refresh, revoke} {
		if !errors.Is(err, ErrBadOrigin) || !strings.HasSuffix(err.Error(), ": unusable account service address: plain http is not allowed there") {
			t.Errorf("err = %v", err)
		}
	}
}

func FuzzCheckOrigin(f *testing.F) {
	for _, s := range []string{"https://mogplex.com", "http://[::1]:80/", "https://a:b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := CheckOrigin(s, true)
		if err != nil {
			return
		}
		if again, err := CheckOrigin(got, true); err != nil || again != got {
			t.Errorf("%q gives %q, which gives %q, %v", s, got, again, err)
		}
		if !sameOrigin(got+"/x", got) {
			t.Errorf("%q is not its own origin", got)
		}
	})
}
