package outcome

import (
	"errors"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// keyOf is the provider called name, if it is one that has a key.
func keyOf(name string) (p auth.Provider, ok bool) {
	p, ok = auth.ProviderNamed(name)
	return p, ok && p.Name != auth.Mogplex
}

// StoreCommand is the command that stores another credential in place of a provider's.
func StoreCommand(provider string) string {
	if p, ok := keyOf(provider); ok {
		return "mogplex login --provider " + p.Name + " --with-api-key"
	}
	return "mogplex login"
}

// keyHint is the hint of a failure with a provider's key: the commands for the account would sign out of that.
func keyHint(e account.ProviderError, o Outcome) string {
	p, ok := keyOf(e.Provider)
	store := StoreCommand(e.Provider)
	switch {
	case !ok, errors.Is(e, auth.ErrBadID):
	case o.Code == "corrupt" && errors.Is(e, legacyfile.ErrCorrupt) && !errors.Is(e, auth.ErrDamaged):
		return "Fix the file, or store the key again with `" + store + "`: the file is backed up first."
	case o.Code == "corrupt":
		return "Remove it with `mogplex logout --provider " + p.Name + "`, then store it again with `" + store + "`."
	case o.Code == "later_version":
		return "Use that version, or remove the key with `mogplex logout --provider " + p.Name + "` and store it again with `" + store + "`."
	case o.Code == "file_refused":
		return "Move that file away, then store the key again with `" + store + "`."
	case o.Code == "not_signed_in":
		return "Store its key with `" + store + "`, or set " + p.Variable + "."
	}
	return o.Hint
}
