package auth

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// ErrBadValue says that a variable's value can't be a key. Its text follows the
// variable's name.
var ErrBadValue = errors.New("contains a space, a line break or another character that is invalid in a key")

// environment reads the variables of the provider table. The asked provider (the
// account if it is empty) always has a finding, another only if its variable is set.
// A blank variable counts as unset, with a warning.
func (r *Resolver) environment(asked string) (findings []Finding, warnings []string) {
	asked = cmp.Or(asked, Mogplex)
	for _, p := range providers {
		raw, set := r.LookupEnv(p.Variable)
		value := strings.TrimSpace(raw)
		if value != "" || p.Name == asked {
			findings = append(findings, variable(p, value))
		}
		if set {
			warnings = append(warnings, variableWarnings(p, raw)...)
		}
	}
	return findings, warnings
}

// variable returns the finding for one variable. The value is trimmed.
func variable(p Provider, value string) Finding {
	f := Finding{Layer: Env, Name: p.Variable, Provider: p.Name, State: Absent}
	if value == "" {
		return f
	}
	c := Credential{Provider: p.Name, Type: APIKey, Token: usable(value)}
	if p.Name == Mogplex {
		c.Type = PAT
	}
	if c.Token.IsZero() {
		f.State, f.Err = Corrupt, fmt.Errorf("%s %w", p.Variable, ErrBadValue)
		return f
	}
	f.State, f.record = Present, Record{Credential: c}
	return f
}

// variableWarnings describes what looks wrong with a variable that is set. It does
// not quote the value.
func variableWarnings(p Provider, raw string) []string {
	value := strings.TrimSpace(raw)
	if value == "" {
		return []string{p.Variable + " is set but blank; it counts as unset"}
	}
	var found []string
	if value != raw {
		found = append(found, p.Variable+" has spaces or a line break around its value; they are ignored")
	}
	if first, last := value[0], value[len(value)-1]; strings.ContainsRune(`"'`, rune(first)) || strings.ContainsRune(`"'`, rune(last)) {
		found = append(found, p.Variable+" has quotation marks in its value; remove them")
	}
	if other, ok := p.otherOwner(strings.Trim(value, `"'`)); ok {
		found = append(found, fmt.Sprintf("%s looks like a key of %s", p.Variable, other.Name))
	}
	return found
}
