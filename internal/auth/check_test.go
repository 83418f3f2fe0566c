package auth

import (
	"strings"
	"testing"
)

func TestCheckTellsWhatIsWrongWithoutShowingIt(t *testing.T) {
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
