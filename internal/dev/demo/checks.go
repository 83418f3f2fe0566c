package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// mcpSecret begins the secrets in the service's MCP definitions.
const mcpSecret = "demo-secret-"

// check is a condition after a step. Its function finds the output of the step in d.printed, and the token of earlier
// steps in d.token.
type check struct {
	says  string
	holds func(d *demo) bool
}

// Checks of the command's output.
var (
	pageNamesAda   = check{"the browser's last page says who is signed in", func(d *demo) bool { return strings.Contains(d.page, "You are signed in as Ada Lovelace") }}
	variablesToken = check{"it is the variable's token", func(d *demo) bool { return d.printed == d.pat }}
	sameToken      = check{"it is the same token as before", func(d *demo) bool { return d.printed == d.token }}
	newToken       = check{"it is a new token", func(d *demo) bool { return d.printed != d.token }}
)

// Checks of the service.
var (
	serviceAccepts = check{"the service accepts it", func(d *demo) bool { return d.service.Valid(d.printed) }}
	serviceRejects = check{"the service no longer accepts the token", func(d *demo) bool { return !d.service.Valid(d.token) }}
	oneRefresh     = check{"the service got one refresh request", func(d *demo) bool { return d.service.Count("refresh_token") == 1 }}
)

// Checks of the stores. `mogplex auth status` reports the state of the keychain; in the state directory the demo searches
// every file for the secrets so far.
var (
	keychainHasIt    = check{"the keychain has the credential", func(d *demo) bool { return d.states[keychain] == "present" }}
	noStoreHasIt     = check{"no store has a credential", func(d *demo) bool { return d.states[keychain] != "present" && d.states[file] == "absent" }}
	noFileHasSecrets = check{"no file has a secret in it", func(d *demo) bool { return len(d.filesWith(append(d.secrets, mcpSecret)...)) == 0 }}
	fileHasIt        = check{"auth.json has the token, and no other file", func(d *demo) bool {
		found := d.filesWith(d.secrets...)
		return len(found) == 1 && found[0] == "auth.json"
	}}
	onlyForThisUser = check{"only this user can read auth.json", func(d *demo) bool {
		info, err := os.Stat(filepath.Join(d.home, "auth.json"))
		return err == nil && (runtime.GOOS == "windows" || info.Mode().Perm() == 0o600) // Windows has access lists
	}}
	noListIsLeft = check{"the cached lists are gone", func(d *demo) bool { return len(d.filesWith("northwind/")) == 0 }}
)

// filesWith returns the files of the state directory that have one of the texts in them.
func (d *demo) filesWith(texts ...string) (found []string) {
	state := os.DirFS(d.home)
	err := fs.WalkDir(state, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(state, name)
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(string(content), text) }) {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}
