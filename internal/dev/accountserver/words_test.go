package accountserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestParseFault(t *testing.T) {
	got, err := accountserver.ParseFault("path=/api", "grant=refresh_token", "times=2", "delay=3s", "status=503", "retry-after=4", "lost", "body=a=b")
	want := accountserver.Fault{Path: "/api", Grant: "refresh_token", Times: 2, Delay: 3 * time.Second, Status: 503,
		RetryAfter: "4", DropAfterProcessing: true, Body: "a=b"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, word := range []string{"", "times=often", "delay=3", "status=999", "status=x", "status", "who=me", "html=often"} {
		if _, err := accountserver.ParseFault(word, "drop"); err == nil {
			t.Errorf("%q was accepted", word)
		}
	}
	for word := range strings.FieldsSeq(accountserver.FaultUsage) {
		name, _, _ := strings.Cut(word, "=")
		if _, err := accountserver.ParseFault(name); err != nil && strings.Contains(err.Error(), "not defined") {
			t.Error(err)
		}
	}
}

func TestParseConfig(t *testing.T) {
	got, err := accountserver.ParseConfig("strict", "access-ttl=1m")
	if err != nil || !got.StrictRotation || got.AccessTTL != time.Minute || got.OfferDevice {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := accountserver.ParseConfig("badly"); err == nil {
		t.Error("an unknown word was accepted")
	}
}
