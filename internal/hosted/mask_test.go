package hosted_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func TestMaskedArguments(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{nil, nil},
		{[]string{"-y", "@scope/server-files@1.2.3", "--root", "/home/ada/projects"}, nil},
		{[]string{"--path", "/srv/data", "--port=8080", "-v", "serve"}, nil},
		{[]string{"--token=s3"}, []string{"--token=••••"}},
		{[]string{"--api-key", "s3", "x"}, []string{"--api-key", "••••", "x"}},
		{[]string{"-e", "NAME=s3", "image"}, []string{"-e", "NAME=••••", "image"}},
		{[]string{"--header", "Authorization: Bearer s3"}, []string{"--header", "Authorization:••••"}},
		{[]string{"postgres://u:s3@db.test/shop"}, []string{"postgres://••••@db.test/shop"}},
		{[]string{"--url=https://h.test/?k=s3#s3"}, []string{"--url=https://h.test/?k=••••#••••"}},
		{[]string{"-c", "export X_TOKEN=s3 && run"}, []string{"-c", "••••"}},
		{[]string{`{"a": "s3"}`}, []string{"••••"}},
		{[]string{"ghp_0123456789"}, []string{"••••"}},
		{[]string{"a8f5f167f44f4964e6c998dee827110c"}, []string{"••••"}},
		{[]string{"https://hooks.test/T00/a8f5f167f44f4964e6"}, []string{"https://hooks.test/T00/••••"}},
		{[]string{"https://h.test/%zz:s3@"}, []string{"••••"}},
	} {
		if c.want == nil {
			c.want = c.args
		}
		if got := (hosted.MCPConfig{Args: c.args}).Masked(hosted.Dots).Args; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q became %q; want %q", c.args, got, c.want)
		}
	}
}

func TestAConfigPrintsRedacted(t *testing.T) {
	server := hosted.MCPServer{Name: "n", Config: hosted.MCPConfig{
		Command: "run --token " + mark, Args: []string{"--key", mark}, Env: map[string]string{"A": mark},
		URL: "https://u:" + mark + "@h.test/?q=" + mark, Headers: map[string]string{"B": mark},
	}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", server.Config, "server", server)
	text, err := json.Marshal(server)
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d") {
		fmt.Fprintf(&printed, verb, server)
	}
	for _, out := range []string{printed.String(), log.String(), string(text)} {
		if strings.Contains(out, mark) || strings.Contains(out, fmt.Sprintf("%x", mark)) {
			t.Errorf("a secret in %s", out)
		}
	}
}

// FuzzMasked puts a secret in every place for one, and searches the output for it.
func FuzzMasked(f *testing.F) {
	f.Add("s3cr3t-0123", "TOKEN", "arg")
	f.Add("a b=c", "X Y", "--flag")
	f.Add("pass:word@host/%41?x#y", "n", "https://h.test/p")
	f.Fuzz(func(t *testing.T, secret, name, other string) {
		secret = "MARK" + secret + "MARK"
		if strings.Contains(name+other, "MARK") {
			t.Skip()
		}
		config := hosted.MCPConfig{
			Command: other,
			Args: []string{
				other, "--token", secret, "--api-key=" + secret, "-e", name + "=" + secret, "-H", name + ": " + secret,
				"Bearer " + secret, `{"k":"` + secret + `"}`,
			},
			Env:     map[string]string{name: secret},
			URL:     "https://" + secret + "@h.test/?" + url.QueryEscape(secret) + "&a=" + secret + "#" + secret,
			Headers: map[string]string{name: secret},
		}
		text, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprintf("%q", append(config.Masked(hosted.Dots).Args, config.Masked(hosted.Dots).URL))
		if strings.Contains(string(text)+shown, "MARK") {
			t.Errorf("%s\n%s", text, shown)
		}
	})
}
