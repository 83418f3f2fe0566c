package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// ruleKey is the name of the array of tables with the profile rules.
const ruleKey = "profile_rule"

// ruleShape is how a rule is written.
const ruleShape = `a profile rule is a table [[profile_rule]] with name = "NAME" and dirs = ["DIRECTORY"]`

// dirsShape is how the directories of a rule are written.
const dirsShape = `dirs must be a list of directories such as ["~/work"]`

// profileRule chooses a profile for the commands that run in some directories.
type profileRule struct {
	name setting
	dirs []setting // as they are written, with ~
	line int
}

// wrongRuleKey returns the mistake in a path that is meant to be profile_rule or one of
// its keys. It returns "" for the correct paths and for keys of other programs, among
// them Codex's [profiles.NAME].
func wrongRuleKey(path []string, kind unstable.Kind) string {
	container := kind == unstable.Table || kind == unstable.ArrayTable || kind == unstable.Array || kind == unstable.InlineTable
	joined := text.Printable(strings.Join(path, "."))
	switch {
	case path[0] == ruleKey && len(path) == 1:
		if kind == unstable.ArrayTable || kind == unstable.Array {
			return ""
		}
		return ruleShape
	case path[0] == ruleKey:
		return wrongInRule(path[1:], kind)
	case path[len(path)-1] == ruleKey:
		return fmt.Sprintf("[[%s]] must not be below [%s]", ruleKey, text.Printable(strings.Join(path[:len(path)-1], ".")))
	case container && len(path) == 1 && near(joined, ruleKey, 2), container && len(path) == 2 && near(joined, ruleKey, 0):
		return fmt.Sprintf("%q is not a setting; did you mean [[%s]]?", joined, ruleKey)
	}
	return ""
}

// wrongInRule returns the mistake in a key of a rule, or "".
func wrongInRule(path []string, kind unstable.Kind) string {
	switch name := text.Printable(strings.Join(path, ".")); {
	case name == "name" && kind == unstable.String, name == "dirs" && kind == unstable.Array:
		return ""
	case name == "name":
		return "name must be a string"
	case name == "dirs":
		return dirsShape
	default:
		return fmt.Sprintf("%q is not a key of a profile rule; it has name and dirs", name)
	}
}

// begin starts a rule at the header [[profile_rule]], and a service at [[service]].
func (r *configReader) begin(table []string, line int) {
	switch {
	case len(table) != 1:
	case table[0] == ruleKey:
		r.rules = append(r.rules, profileRule{line: line})
	case table[0] == serviceKey:
		r.services = append(r.services, oauthService{line: line})
	}
}

// ruleValue reads a key of a rule, or the rules in an array of inline tables.
func (r *configReader) ruleValue(path []string, node *unstable.Node) error {
	line := r.line(node)
	switch {
	case len(path) == 1:
		return r.inlineTables(path, node, ruleShape)
	case len(r.rules) == 0: // profile_rule.name = "x"
		return r.wrong(line, ruleShape)
	}
	rule := &r.rules[len(r.rules)-1]
	if path[1] == "name" {
		rule.name = setting{string(node.Value().Data), line}
		return nil
	}
	var err error
	rule.dirs, err = r.list(node, unstable.String, dirsShape)
	return err
}

// list returns the elements of an array. Any that is not of kind is an error, which says
// shape.
func (r *configReader) list(node *unstable.Node, kind unstable.Kind, shape string) (all []setting, err error) {
	for it := node.Value().Children(); it.Next(); {
		if it.Node().Kind != kind {
			return nil, r.wrong(r.line(node), shape)
		}
		all = append(all, setting{string(it.Node().Data), r.parser.Shape(it.Node().Raw).Start.Line})
	}
	return all, nil
}

// inlineTables reads tables such as profile_rule = [{name = "work", dirs = ["~/work"]}].
// Any other element is an error, which says shape.
func (r *configReader) inlineTables(path []string, node *unstable.Node, shape string) error {
	line := r.line(node)
	for it := node.Value().Children(); it.Next(); {
		if it.Node().Kind != unstable.InlineTable {
			return r.wrong(line, shape)
		}
		r.begin(path, line)
		for keys := it.Node().Children(); keys.Next(); {
			if err := r.keyValue(path, keys.Node()); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkRules checks that every rule is complete.
func (c config) checkRules() error {
	for _, rule := range c.rules {
		switch {
		case rule.name.line == 0, len(rule.dirs) == 0:
			return c.wrong(rule.line, ruleShape)
		case !ValidProfile(rule.name.value):
			return c.wrong(rule.name.line, "name must have "+profileShape)
		}
		for _, dir := range rule.dirs {
			if !isRuleDir(dir.value) {
				return c.wrong(dir.line, `a directory of dirs must be absolute or begin with "~/"`)
			}
		}
	}
	return nil
}

// isRuleDir reports whether a directory does not depend on the working directory. On
// Windows, /srv is on the drive of the working directory.
func isRuleDir(dir string) bool {
	rest, home := strings.CutPrefix(dir, "~")
	switch {
	case strings.ContainsRune(dir, 0):
		return false
	case home && rest == "":
		return true
	case home:
		return os.IsPathSeparator(rest[0])
	}
	return dir != "" && (os.IsPathSeparator(dir[0]) || filepath.IsAbs(dir))
}
