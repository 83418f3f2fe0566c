package main

// The stores, as `mogplex auth status --json` names them.
const (
	keychain = "keychain"
	file     = "file"
)

const (
	exitNotSignedIn = 64
	anyFailure      = -1 // any exit code but 0
)

// step is a command that a user types, and its expected outcome.
type step struct {
	title   string  // begins a new part of the demo
	only    string  // skip the step if the credential is stored elsewhere
	withPAT bool    // set MOGPLEX_API_KEY to a personal access token
	run     string  // the arguments of mogplex; a step without them only checks
	exit    int     // the exit code
	prints  string  // a part of the output
	checks  []check // conditions afterwards
}

// steps are the demo, from signed out to signed out.
var steps = []step{
	{title: "Nobody is signed in", run: "auth status", exit: exitNotSignedIn, checks: []check{noStoreHasIt}},

	{title: "Sign in", run: "login --no-browser", prints: "Signed in as Ada Lovelace", checks: []check{pageNamesAda}},
	{run: "auth status --check", prints: "ada@example.test"},

	{title: "A script gets a valid token", run: "auth token", checks: []check{serviceAccepts}},
	{only: keychain, checks: []check{keychainHasIt, noFileHasSecrets}},
	{only: file, checks: []check{fileHasIt, onlyForThisUser}},

	{title: "An environment variable comes first", withPAT: true, run: "auth status", prints: "MOGPLEX_API_KEY"},
	{withPAT: true, run: "auth token", checks: []check{variablesToken}},
	{run: "auth token", checks: []check{sameToken}},

	{title: "What the account has", run: "models", prints: "northwind/atlas-1"},
	{run: "mcp", prints: "Authorization: ••••"},
	{run: "mcp --json", prints: "[redacted]"},
	{only: keychain, checks: []check{noFileHasSecrets}}, // the cached definitions are encrypted

	{title: "Renew the token", run: "auth refresh", checks: []check{oneRefresh}},
	{run: "auth token", checks: []check{newToken, serviceAccepts}},

	{title: "Move it to the file and back", only: keychain, run: "auth migrate --to file --dry-run", checks: []check{keychainHasIt, noFileHasSecrets}},
	{only: keychain, run: "auth migrate --to file", checks: []check{fileHasIt, onlyForThisUser}},
	{only: keychain, run: "auth migrate", checks: []check{keychainHasIt, noFileHasSecrets}},
	{title: "Without a keychain it stays in the file", only: file, run: "auth migrate", exit: anyFailure, checks: []check{fileHasIt}},
	{run: "auth token", checks: []check{sameToken}},

	{title: "Sign out", run: "logout", checks: []check{serviceRejects, noStoreHasIt, noFileHasSecrets, noListIsLeft}},
	{run: "auth status", exit: exitNotSignedIn},
}
