package outcome

import (
	"errors"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Here is what hints depend on: where mogplex runs, and for whom.
type Here struct {
	Profile string             // that commands have to name; empty if they need not
	Store   settings.StoreMode // empty until the settings are read
	Origin  string             // of the service
	Unlock  string             // how a keychain is unlocked here
}

// Of is [Of] with hints that can be typed as they stand: they name the profile that the failure is about.
func (h Here) Of(err error) Outcome {
	o := Of(err)
	if own := (settings.HintError{}); !errors.As(err, &own) {
		if o.Code == "keychain_locked" {
			o.Hint, o.App = h.Unlock, h.Unlock
		}
		other := h.otherStoreHint(o.Code, err)
		o.Hint, o.App = o.Hint+other, o.App+other
	}
	if h.Origin != "" {
		o = o.at(h.Origin)
	}
	o.Hint, o.App = h.InProfile(o.Hint), h.InProfile(o.App)
	return o
}

// otherStoreHint is the way around a keychain that can't be used, if the settings leave one: what the keychain holds
// stays as it is.
func (h Here) otherStoreHint(code sessionlog.Const, err error) string {
	switch code {
	case "keychain_locked", "keychain_timeout", "keychain_denied":
		if h.Store == settings.StoreAuto {
			var key account.ProviderError
			errors.As(err, &key)
			return " Or keep another credential in a file: `MOGPLEX_CREDENTIAL_STORE=file " + StoreCommand(key.Provider) + "`."
		}
	case "keychain_unavailable":
		if h.Store == settings.StoreKeychain {
			return " Or allow the file with MOGPLEX_CREDENTIAL_STORE=auto."
		}
	}
	return ""
}

// AgainHint is what helps against the failure of a store that a command has to reach: no other store stands in for it.
func (h Here) AgainHint(err error, command string) string {
	var own settings.HintError
	if errors.As(err, &own) {
		return own.Hint
	}
	fix := "Fix the cause."
	switch Of(err).Code {
	case "keychain_locked":
		fix = strings.TrimSuffix(strings.TrimSuffix(h.Unlock, ", then try again."), ".") + "."
	case "keychain_timeout":
		fix = "Wait longer with MOGPLEX_KEYCHAIN_TIMEOUT=60s."
	case "keychain_denied":
		fix = "Allow mogplex to use the keychain."
	case "keychain_unavailable":
		fix = "Start a keychain."
	case "disk_full":
		fix = "Make room on the disk."
	case "corrupt", "file_refused":
		fix = "Fix that file, or move it away."
	case "busy", "timeout":
		fix = "Wait a moment."
	}
	return fix + " Then run `" + command + "` again."
}

// InProfile names the profile in each command of a hint.
func (h Here) InProfile(hint string) string {
	if h.Profile == "" {
		return hint
	}
	for _, command := range []string{"mogplex login", "mogplex logout", "mogplex auth", "mogplex ask", "mogplex --attach"} {
		hint = strings.ReplaceAll(hint, command, "mogplex --profile "+h.Profile+strings.TrimPrefix(command, "mogplex"))
	}
	return hint
}
