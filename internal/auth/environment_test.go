package auth

import (
	"strings"
	"testing"
)

func TestVariableWarningsDoNotQuoteTheValue(t *testing.T) {
	for _, test := range []struct {
		name, variable, value string
		state                 State
		token                 string
		warning               []string
	}{
		{"fine", "OPENAI_API_KEY", "sk-MARK", Present, "sk-MARK", nil},
		{"fine, with the prefix that is its own", "OPENAI_API_KEY", "sk-proj-MARK", Present, "sk-proj-MARK", nil},
		{"fine, with quotation marks inside", "XAI_API_KEY", `MA"RK`, Present, `MA"RK`, nil},
		{"empty", "MOGPLEX_API_KEY", "", Absent, "", []string{"MOGPLEX_API_KEY", "blank"}},
		{"blank", "MOGPLEX_API_KEY", " \r\n\t", Absent, "", []string{"MOGPLEX_API_KEY", "blank"}},
		{"newline at its end", "GROQ_API_KEY", "gsk_MARK\n", Present, "gsk_MARK", []string{"GROQ_API_KEY", "line break"}},
		{"spaces around", "GROQ_API_KEY", "  gsk_MARK ", Present, "gsk_MARK", []string{"GROQ_API_KEY", "spaces"}},
		{"quotation marks", "XAI_API_KEY", `"xai-MARK"`, Present, `"xai-MARK"`, []string{"XAI_API_KEY", "quotation"}},
		{"one apostrophe", "XAI_API_KEY", `MARK'`, Present, `MARK'`, []string{"XAI_API_KEY", "quotation"}},
		{"another provider's", "OPENAI_API_KEY", "sk-ant-MARK", Present, "sk-ant-MARK", []string{"OPENAI_API_KEY", "anthropic"}},
		{"another provider's, in quotation marks", "ANTHROPIC_API_KEY", `"AIzaMARK"`, Present, `"AIzaMARK"`, []string{"ANTHROPIC_API_KEY", "google"}},
		{"a mogplex token", "VERCEL_API_TOKEN", "mog_MARK", Present, "mog_MARK", []string{"VERCEL_API_TOKEN", "mogplex"}},
		{"a space inside", "COHERE_API_KEY", "MARK MARK", Corrupt, "", nil},
		{"a line break inside", "COHERE_API_KEY", "MARK\nMARK", Corrupt, "", nil},
		{"a zero-width space", "COHERE_API_KEY", "MARK\u200b", Corrupt, "", nil},
		{"bytes that are no text", "COHERE_API_KEY", "MARK\xff", Corrupt, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.env(map[string]string{test.variable: test.value})
			findings, warnings := r.environment(Mogplex)
			f := findings[len(findings)-1]
			if f.Name != test.variable || f.State != test.state {
				t.Errorf("%s is %s; want %s %s", f.Name, f.State, test.variable, test.state)
			}
			if got := f.Record().Token.Reveal(); got != test.token {
				t.Errorf("token %q; want %q", got, test.token)
			}
			wantWarning(t, warnings, test.warning...)
			shown := strings.Join(warnings, "\n")
			if f.Err != nil {
				shown += f.Err.Error()
			}
			if strings.Contains(shown, "MARK") {
				t.Errorf("the value is shown: %s", shown)
			}
		})
	}
}

func TestMogplexVariableIsAPersonalTokenTheOthersAreKeys(t *testing.T) {
	for _, p := range Providers() {
		r := newRig(t)
		r.env(map[string]string{p.Variable: "value"})
		res, err := r.Resolve(t.Context(), Query{Provider: p.Name})
		must(t, err)
		want := APIKey
		if p.Name == Mogplex {
			want = PAT
		}
		if c := res.Credential; c.Type != want || c.Provider != p.Name || c.Refreshable() {
			t.Errorf("%s: %+v", p.Variable, c)
		}
		if named, ok := ProviderNamed(p.Name); !ok || named.Variable != p.Variable {
			t.Errorf("ProviderNamed(%q) is %v, %v", p.Name, named, ok)
		}
	}
	if _, ok := ProviderNamed("nobody"); ok {
		t.Error("a provider that is not in the table was found")
	}
}
