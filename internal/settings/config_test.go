package settings

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// configCase is a config.toml and what readConfig makes of it.
type configCase struct {
	text  string
	wrong string // in the error, which is on line 2; "" for none
	want  string // as testConfig's describe says it
}

func testConfig(t *testing.T, cases []configCase, describe func(config) string) {
	t.Helper()
	for _, c := range cases {
		found, err := readConfig("config.toml", []byte(c.text))
		var usage UsageError
		switch {
		case c.wrong == "" && err != nil, c.wrong != "" && !errors.As(err, &usage):
			t.Errorf("%q: %v", c.text, err)
		case err != nil && (!strings.HasPrefix(err.Error(), "config.toml: line 2: ") || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q: %v", c.text, err)
		case describe(found) != c.want:
			t.Errorf("%q: %s", c.text, describe(found))
		}
	}
}

// describeStore returns credential_store, with its line if that is not the second.
func describeStore(c config) string {
	store := c.values["credential_store"]
	if store.value != "" && store.line != 2 {
		return fmt.Sprintf("%s on line %d", store.value, store.line)
	}
	return store.value
}

// A mistyped key of ours is an error that names its line. Keys of other programs are
// ignored.
func TestConfig(t *testing.T) {
	t.Parallel()
	const mistyped, misplaced, wrongType = "did you mean credential_store?", "belongs above the first table", "credential_store must be a string"
	testConfig(t, []configCase{
		{"\ncredential_store = 'file'", "", "file"},
		{"\n\"credential_store\" = \"keychain\"\n[a]\nb = 1", "", "keychain"},
		{"\ncredential_store = ''", "", ""},
		{"\ncredential-store = 'file'", mistyped, ""},
		{"\ncredentialstore = 'file'", mistyped, ""},
		{"\nCredential_Store = 'file'", mistyped, ""},
		{"\nCREDENTIAL_STORE = 'file'", mistyped, ""},
		{"\ncredentials_store = 'file'", mistyped, ""},
		{"\ncredental_stroe = 'file'", mistyped, ""},
		{"\ncredental_store = 'file'", mistyped, ""},
		{"\ncredential.store = 'file'", mistyped, ""},
		{"[credential]\nstore = 'file'", mistyped, ""},
		{"[auth]\ncredential-store = 'file'", mistyped, ""},
		{"[auth]\ncredential_store = 'file'", misplaced, ""},
		{"[[auth]]\ncredential_store = 'file'", misplaced, ""},
		{"\nauth.credential_store = 'file'", misplaced, ""},
		{"\nauth = {x = 1, credential_store = 'file'}", misplaced, ""},
		{"\nauth = [[{x = {credential_store = 'file'}}]]", misplaced, ""},
		{"\n[auth.credential_store]", misplaced, ""},
		{"\ncredential_store = 1", wrongType, ""},
		{"\ncredential_store = ['file']", wrongType, ""},
		{"\ncredential_store = {x = 1}", wrongType, ""},
		{"\ncredential_store.x = 'file'", wrongType, ""},
		{"\n[credential_store]\nx = 1", wrongType, ""},
		{"\n[[credential_store]]", wrongType, ""},
		// Keys of Codex and of other programs.
		{"\ncli_auth_credentials_store = 'file'\nmcp_oauth_credentials_store = 'auto'\nmodel = 'x'\n[profiles.store]\nstore = true\n[mcp_servers.a.env]\nCREDENTIAL = '1'", "", ""},
		{"\nstore = 'file'\ncredential = 'x'", "", ""},
	}, describeStore)
}

func TestInvalidTOMLIsAnErrorWithItsLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a = ", "credential_store = 'a'\ncredential_store = 'b'", "a = 1\na.b = 2"} {
		_, err := readConfig("config.toml", []byte(text))
		var usage UsageError
		if err == nil || errors.As(err, &usage) || !strings.Contains(err.Error(), "line ") || !strings.Contains(err.Error(), "not valid TOML") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// No config.toml puts control characters into an error, or yields a setting without its
// line.
func FuzzConfig(f *testing.F) {
	f.Add("credential_store = 'file'\n[a.b]\nc = [{d = 1}]")
	f.Add("auth = {credential-store = 1}")
	f.Add("[[profile_rule]]\nname = 'work'\ndirs = ['~/work']")
	f.Add("profile_rule = [{name = 'work', dirs = ['/w', 1]}]")
	f.Add("[[service]]\norigin = 'https://a'\nclient_id = 'c'\nredirect_ports = [0]")
	f.Add("[\"a\\u001b\\n\"]\ncredential_store = 'file'")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := readConfig("config.toml", []byte(text))
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%q", err)
		}
		if mode, ok := found.values["credential_store"]; ok && (mode.line < 1 || mode.line > 1+strings.Count(text, "\n")) {
			t.Errorf("line %d", mode.line)
		}
	})
}
