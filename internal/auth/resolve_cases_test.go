package auth

import "time"

// resolution is what the layers hold and what comes of it.
type resolution struct {
	name           string
	env            map[string]string
	keychain, file *fakeStore
	provider       string
	token, source  string
	err            error
	layer          State  // of a *LayerError; empty where there is none
	lazy, all      string // findings, see describe; all as lazy where empty
}

// resolutions is the table of [TestResolve]. A store that is nil is empty.
func resolutions() []resolution {
	elsewhere := account("kc", time.Hour)
	elsewhere.Issuer = "https://other.test"
	nameless := account("kc", time.Hour)
	nameless.Issuer = ""
	undated := account("f", time.Hour)
	undated.SavedAt = time.Time{}

	return []resolution{
		{name: "nothing anywhere", err: ErrNotSignedIn,
			lazy: "env:mogplex=absent keychain:mogplex=absent file:mogplex=absent"},
		{name: "a variable over every store", env: map[string]string{"MOGPLEX_API_KEY": "mog_e"},
			keychain: newStore(account("kc", time.Hour)), file: newStore(account("f", time.Hour)),
			token: "mog_e", source: Env,
			lazy: "env:mogplex=present!",
			all:  "env:mogplex=present! keychain:mogplex=present<env file:mogplex=present<env"},
		{name: "another provider's variable over the stored account", env: map[string]string{"XAI_API_KEY": "x"},
			keychain: newStore(account("kc", time.Hour)), token: "x", source: Env,
			lazy: "env:mogplex=absent env:xai=present!",
			all:  "env:mogplex=absent env:xai=present! keychain:mogplex=present<env file:mogplex=absent"},
		{name: "variables in table order", env: map[string]string{"OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a"},
			token: "a", source: Env,
			lazy: "env:mogplex=absent env:anthropic=present! env:openai=present<env",
			all:  "env:mogplex=absent env:anthropic=present! env:openai=present<env keychain:mogplex=absent file:mogplex=absent"},
		{name: "a blank variable counts as unset", env: map[string]string{"MOGPLEX_API_KEY": " \t\n", "GROQ_API_KEY": ""},
			keychain: newStore(account("kc", time.Hour)), token: "kc", source: Keychain,
			lazy: "env:mogplex=absent keychain:mogplex=present! file:mogplex=absent"},
		{name: "keychain over a file as old", keychain: newStore(account("kc", time.Hour)), file: newStore(account("f", time.Hour)),
			token: "kc", source: Keychain,
			lazy: "env:mogplex=absent keychain:mogplex=present! file:mogplex=present<keychain"},
		{name: "keychain over a file without a time", keychain: newStore(account("kc", time.Hour)), file: newStore(undated),
			token: "kc", source: Keychain,
			lazy: "env:mogplex=absent keychain:mogplex=present! file:mogplex=present<keychain"},
		{name: "keychain over an older file", keychain: newStore(account("kc", time.Hour)),
			file:  newStore(savedAt(account("f", time.Hour), -2*time.Hour)),
			token: "kc", source: Keychain,
			lazy: "env:mogplex=absent keychain:mogplex=present! file:mogplex=present<keychain"},
		{name: "a newer file over the keychain", keychain: newStore(account("kc", time.Hour)),
			file:  newStore(savedAt(account("f", time.Hour), -time.Hour+time.Millisecond)),
			token: "f", source: File,
			lazy: "env:mogplex=absent keychain:mogplex=present<file file:mogplex=present!"},
		{name: "account first among the stored ones", keychain: newStore(key("anthropic", "a")), file: newStore(account("f", time.Hour)),
			token: "f", source: File,
			lazy: "env:mogplex=absent keychain:mogplex=absent file:mogplex=present!"},
		{name: "then in table order, across the stores", keychain: newStore(key("openai", "o"), key("unheard-of", "u")), file: newStore(key("anthropic", "a")),
			token: "a", source: File,
			lazy: "env:mogplex=absent keychain:anthropic=absent file:anthropic=present!"},
		{name: "a named provider and no other", env: map[string]string{"XAI_API_KEY": "x"}, provider: "openai",
			keychain: newStore(key("openai", "o"), account("kc", time.Hour)), token: "o", source: Keychain,
			lazy: "env:mogplex=absent env:xai=present keychain:openai=present! file:openai=absent"},
		{name: "a named provider that has none", provider: "groq", keychain: newStore(account("kc", time.Hour)), err: ErrNotSignedIn,
			lazy: "env:mogplex=absent keychain:groq=absent file:groq=absent"},
		{name: "a locked keychain lets the file serve", keychain: broken(locked), file: newStore(account("f", time.Hour)),
			token: "f", source: File,
			lazy: "env:mogplex=absent keychain:mogplex=locked file:mogplex=present!"},
		{name: "a locked keychain is not signed out", keychain: broken(locked), err: errLocked, layer: Locked,
			lazy: "env:mogplex=absent keychain:mogplex=locked file:mogplex=absent"},
		{name: "a keychain that can't be listed is not signed out", keychain: broken(unlistable), err: errRefused, layer: Denied,
			lazy: "env:mogplex=absent keychain:mogplex=denied file:mogplex=absent"},
		{name: "no keychain at all: the file alone counts", keychain: broken(unavailable), err: ErrNotSignedIn,
			lazy: "env:mogplex=absent keychain:mogplex=unavailable file:mogplex=absent"},
		{name: "no keychain at all, and a file that has it", keychain: broken(unavailable), file: newStore(account("f", time.Hour)),
			token: "f", source: File,
			lazy: "env:mogplex=absent keychain:mogplex=unavailable file:mogplex=present!"},
		{name: "issued by another service", keychain: newStore(elsewhere), err: ErrOtherOrigin,
			lazy: "env:mogplex=absent keychain:mogplex=present file:mogplex=absent"},
		{name: "issued by another service, and ours in the file", keychain: newStore(elsewhere), file: newStore(savedAt(account("f", time.Hour), -9*time.Hour)),
			token: "f", source: File,
			lazy: "env:mogplex=absent keychain:mogplex=present file:mogplex=present!"},
		{name: "issued by nobody says whom", keychain: newStore(nameless), token: "kc", source: Keychain,
			lazy: "env:mogplex=absent keychain:mogplex=present! file:mogplex=absent"},
		{name: "a variable that can't be a key stops it", env: map[string]string{"MOGPLEX_API_KEY": "mog_a b", "XAI_API_KEY": "x"},
			keychain: newStore(account("kc", time.Hour)), layer: Corrupt,
			lazy: "env:mogplex=corrupt env:xai=present<env",
			all:  "env:mogplex=corrupt env:xai=present<env keychain:mogplex=present<env file:mogplex=absent"},
	}
}
