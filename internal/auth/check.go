package auth

import (
	"errors"
	"fmt"
)

// Check says what is wrong with a credential that a person gave, without
// showing it: characters that no key has, or another provider's key.
func (c Credential) Check() error {
	if usable(c.Token.Reveal()).IsZero() {
		return errors.New("a token or key is one word of printable characters")
	}
	p, ok := ProviderNamed(c.Provider)
	if !ok {
		return errors.New("there is no such provider")
	}
	if other, ok := p.otherOwner(c.Token.Reveal()); ok {
		return fmt.Errorf("this looks like a key of %s, not of %s", other.Name, p.Name)
	}
	return nil
}
