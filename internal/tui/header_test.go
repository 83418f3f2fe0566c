package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

func TestHeader(t *testing.T) {
	dev, wide, http, work := talktest.Ada, talktest.Ada, talktest.Ada, talktest.Ada
	dev.Account, wide.Account = "", "山田太郎と呼ばれる人 <yamada.taro@example.test>"
	http.Service, work.Profile = "http://127.0.0.1:8080", "work"
	for _, test := range []struct {
		session       talk.Session
		model         string
		width         int
		first, second string
	}{
		{talktest.Ada, "", 80, "Ada Lovelace <ada@example.test>  keychain (Secret Service)", "https://mogplex.com  default model"},
		{talktest.Ada, "anthropic/claude-sonnet-4.5", 40, "ada@example.test  keychain", "mogplex.com  claude-sonnet-4.5"},
		{talktest.Ada, "", 20, "Ada L…  keychain", "mogpl…  default…"},
		{dev, "", 80, "personal access token  keychain (Secret Service)", "https://mogplex.com  default model"},
		{wide, "", 40, "yamada.taro@example.test  keychain", "https://mogplex.com  default model"},
		{wide, "", 30, "山田太郎と呼ば…  keychain", "mogplex.com  default model"},
		{http, "", 40, "ada@example.test  keychain", "http://127.0.0.1:8080  default model"},
		{work, "", 80, "Ada Lovelace <ada@example.test>  keychain (Secret Service)", "https://mogplex.com · profile work  default model"},
		{work, "", 30, "ada@example.test  keychain", "work · mog…  default model"},
		{talktest.OpenAI, "", 80, "openai key  OPENAI_API_KEY", "OpenAI  /models picks a model"},
		{talk.Session{Service: "https://mogplex.com"}, "", 80, "Not signed in  /login signs in", "https://mogplex.com"},
	} {
		forms := [][2][]string{
			{whoForms(test.session, false), sourceForms(test.session)},
			{serviceForms(test.session), modelForms(test.session, test.model)},
		}
		for i, want := range []string{test.first, test.second} {
			line := sides{left: forms[i][0], right: forms[i][1]}.drawn(test.width)
			words := strings.FieldsFunc(ansi.Strip(line), func(r rune) bool { return r == ' ' })
			if got := strings.Join(words, " "); got != strings.Join(strings.Fields(want), " ") || ansi.StringWidth(line) > test.width {
				t.Errorf("%d columns, line %d: %q, want %q", test.width, i, line, want)
			}
		}
	}
}
