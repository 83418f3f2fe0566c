package cli

import "strings"

// variables returns a lookup of variables by name in pairs such as
// os.Environ's, as the system named by goos (as in runtime.GOOS) looks them up.
func variables(goos string, pairs []string) func(name string) (string, bool) {
	found := map[string]string{}
	for _, pair := range pairs {
		// Windows has pairs such as `=C:=C:\Users`, which are no variables.
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			found[envKey(goos, name)] = value
		}
	}
	return func(name string) (string, bool) {
		value, ok := found[envKey(goos, name)]
		return value, ok
	}
}

// envKey is the spelling under which a variable is kept: to Windows Path and
// PATH are the same one.
func envKey(goos, name string) string {
	if goos == "windows" {
		return strings.ToUpper(name)
	}
	return name
}
