package auth

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// ErrBadValue reports a variable whose value can't be a key.
var ErrBadValue = errors.New("has a space, a line break or another character inside it that no key has")

// environment reads the variables of the table. The asked provider's variable always
// has a finding (the account's if none is named), others only if they are set. A
// blank variable counts as unset, with a warning.
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

// variable is the finding for one variable, whose value is trimmed.
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

// variableWarnings describe what looks wrong about a set variable, without quoting
// its value.
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
		found = append(found, p.Variable+" has quotation marks in its value; no key has those")
	}
	if other, ok := p.otherOwner(strings.Trim(value, `"'`)); ok {
		found = append(found, fmt.Sprintf("%s looks like a key of %s", p.Variable, other.Name))
	}
	return found
}
