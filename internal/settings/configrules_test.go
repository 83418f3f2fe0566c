package settings

import (
	"strings"
	"testing"
)

// A wrong rule is an error that names its line. Keys of other programs are ignored.
func TestProfileRules(t *testing.T) {
	t.Parallel()
	const mistyped, shape = "did you mean [[profile_rule]]?", "a profile rule is a table"
	testConfig(t, []configCase{
		{"\n[[profile_rule]]\nname = 'work'\ndirs = ['~/work', '/srv/acme']", "", "work ~/work,/srv/acme"},
		{"[[profile_rule]]\nname = 'a'\ndirs = ['~']\n[[profile_rule]]\nname = 'b'\ndirs = ['/']", "", "a ~; b /"},
		{"\nprofile_rule = [{name = 'work', dirs = ['/w']}, {name = 'b', dirs = ['/b']}]", "", "work /w; b /b"},
		{"profile_rule = []", "", ""},
		{"\n[profile_rule]\nname = 'work'\ndirs = ['/w']", shape, ""},
		{"\nprofile_rule = 'work'", shape, ""},
		{"\nprofile_rule = ['work']", shape, ""},
		{"\nprofile_rule = [[{name = 'work', dirs = ['/w']}]]", shape, ""},
		{"\nprofile_rule = {name = 'work', dirs = ['/w']}", shape, ""},
		{"\nprofile_rule.name = 'work'", shape, ""},
		{"\n[[profile_rule]]", shape, ""},
		{"\n[[profile_rule]]\nname = 'work'", shape, ""},
		{"\n[[profile_rule]]\ndirs = ['/w']", shape, ""},
		{"\n[[profile_rule]]\nname = 'work'\ndirs = []", shape, ""},
		{"[[profile_rule]]\nname = 1", "name must be a string", ""},
		{"[[profile_rule]]\nname = ''\ndirs = ['/w']", "name must have", ""},
		{"[[profile_rule]]\nname = '../w'\ndirs = ['/w']", "name must have", ""},
		{"[[profile_rule]]\ndirs = '/w'", "dirs must be a list", ""},
		{"[[profile_rule]]\ndirs = [1]", "dirs must be a list", ""},
		{"[[profile_rule]]\ndirs = [['/w']]", "dirs must be a list", ""},
		{"[[profile_rule]]\ndir = ['/w']", `"dir" is not a key`, ""},
		{"[[profile_rule]]\nname.x = 'w'", `"name.x" is not a key`, ""},
		{"[[profile_rule]]\n[profile_rule.name]", "name must be a string", ""},
		{"[[profile_rule]]\n[[profile_rule.x]]", `"x" is not a key`, ""},
		{"[[profile_rule]]\ncredential_store = 'file'", "belongs above the first table", ""},
		{"[[profile_rule]]\ndirs = ['work']\nname = 'w'", "must be absolute", ""},
		{"[[profile_rule]]\ndirs = ['']\nname = 'w'", "must be absolute", ""},
		{"[[profile_rule]]\ndirs = ['~ada/w']\nname = 'w'", "must be absolute", ""},
		{"\n[[profile_rules]]\nname = 'w'", mistyped, ""},
		{"\n[[profile-rule]]\nname = 'w'", mistyped, ""},
		{"\n[[Profile_Rule]]\nname = 'w'", mistyped, ""},
		{"\n[[profile.rule]]\nname = 'w'", mistyped, ""},
		{"\n[[auth.profile_rule]]\nname = 'w'", "must not be below [auth]", ""},
		{"profile = 'x'\nprofile_name = 'y'\nprofile_file = 'z'\n[profiles.rule]\nmodel = 'm'\n[profiles.role]\nx = 1\n[pro]\nfile_rules = 1", "", ""},
	}, func(c config) string { return describe(c.rules) })
}

func describe(rules []profileRule) string {
	var all []string
	for _, rule := range rules {
		var dirs []string
		for _, dir := range rule.dirs {
			dirs = append(dirs, dir.value)
		}
		all = append(all, rule.name.value+" "+strings.Join(dirs, ","))
	}
	return strings.Join(all, "; ")
}
