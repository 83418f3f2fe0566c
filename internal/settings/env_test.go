package settings

import "testing"

func TestVariablesAreLookedUpAsTheSystemDoes(t *testing.T) {
	t.Parallel()
	pairs := []string{`=C:=C:\Users`, "Mogplex_Url=https://b.example", "EMPTY=", "TWICE=a=b"}
	for _, test := range []struct {
		goos, name, value string
		ok                bool
	}{
		{"windows", "MOGPLEX_URL", "https://b.example", true},
		{"windows", "mogplex_url", "https://b.example", true},
		{"linux", "MOGPLEX_URL", "", false},
		{"darwin", "Mogplex_Url", "https://b.example", true},
		{"linux", "EMPTY", "", true},
		{"linux", "TWICE", "a=b", true},
		{"windows", "", "", false},
		{"windows", "MISSING", "", false},
	} {
		value, ok := Variables(test.goos, pairs)(test.name)
		if value != test.value || ok != test.ok {
			t.Errorf("%s on %s: %q, %v; want %q, %v", test.name, test.goos, value, ok, test.value, test.ok)
		}
	}
}
