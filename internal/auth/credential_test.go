package auth

import (
	"strings"
	"testing"
	"time"
)

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

func TestAShortTokenIsDueInTheSecondHalfOfItsLife(t *testing.T) {
	for _, test := range []struct{ injector, minTTL, want time.Duration }{
		{time.Hour, time.Minute, time.Minute},
		{time.Minute, time.Minute, 30 * time.Second},
		{10 * time.Second, time.Minute, 5 * time.Second},
		{-time.Hour, time.Minute, time.Minute}, // saved by another clock
	} {
		c := Credential{SavedAt: noon, ExpiresAt: noon.Add(test.injector)}
		if got := c.margin(test.minTTL); got != test.want {
			t.Errorf("a injector of %s: margin %s; want %s", test.injector, got, test.want)
		}
	}
}

func TestCheckReportsWhatIsWrongWithoutQuotingIt(t *testing.T) {
	for _, test := range []struct{ provider, value, says string }{
		{Mogplex, "mog_MARK", ""},
		{"mistral", "MARK", ""},
		{"mistral", "", "one word"},
		{"mistral", "MARK MARK", "one word"},
		{"mistral", "MARK\x00", "one word"},
		{"nobody", "MARK", "no such provider"},
		{"openai", "sk-ant-MARK", "anthropic"},
		{"openai", "mog_MARK", "mogplex"},
	} {
		err := apiKey(test.provider, test.value).Check()
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", test.provider, err, test.says)
		}
		if err != nil && strings.Contains(err.Error(), "MARK") {
			t.Errorf("the value is shown: %v", err)
		}
	}
}
