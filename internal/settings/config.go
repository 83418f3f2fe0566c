package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// configKeys are our keys in config.toml whose values are strings; profile rules are in
// configrules.go, and services in configservices.go. A key that is nearly one of ours, or in the wrong table, is an error: it
// may be a mistyped security setting. All other keys belong to other programs.
var configKeys = []string{"credential_store"}

// setting is a value of config.toml, and its line.
type setting struct {
	value string
	line  int
}

// config has our settings in a config.toml.
type config struct {
	path     string
	values   map[string]setting
	rules    []profileRule
	services []oauthService
}

// configReader collects our settings.
type configReader struct {
	config
	parser unstable.Parser
}

// readConfig returns our settings in the text of the file at path.
func readConfig(path string, text []byte) (config, error) {
	if err := toml.Unmarshal(text, new(any)); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return config{}, fmt.Errorf("%s: line %d, column %d: not valid TOML", path, line, column)
		}
		return config{}, fmt.Errorf("%s: not valid TOML", path)
	}
	r := configReader{config: config{path: path, values: map[string]setting{}}}
	r.parser.Reset(text)
	var table []string
	for r.parser.NextExpression() {
		node := r.parser.Expression()
		var err error
		if node.Kind == unstable.KeyValue {
			err = r.keyValue(table, node)
		} else {
			table, err = r.key(nil, node, node.Kind)
			r.begin(table, r.line(node))
		}
		if err != nil {
			return config{}, err
		}
	}
	if err := r.parser.Error(); err != nil {
		return config{}, err
	}
	if err := r.checkRules(); err != nil {
		return config{}, err
	}
	if err := r.checkServices(); err != nil {
		return config{}, err
	}
	return r.config, nil
}

// keyValue checks a key and the keys inside its value.
func (r *configReader) keyValue(table []string, node *unstable.Node) error {
	value := node.Value()
	path, err := r.key(table, node, value.Kind)
	if err != nil {
		return err
	}
	if len(path) == 1 && slices.Contains(configKeys, path[0]) {
		r.values[path[0]] = setting{string(value.Data), r.line(node)}
	}
	switch path[0] {
	case ruleKey:
		return r.ruleValue(path, node)
	case serviceKey:
		return r.serviceValue(path, node)
	}
	return r.inside(path, value)
}

// inside checks the keys of an inline table, or of the inline tables in an array.
func (r *configReader) inside(path []string, value *unstable.Node) error {
	if value.Kind != unstable.Array && value.Kind != unstable.InlineTable {
		return nil
	}
	for it := value.Children(); it.Next(); {
		check := r.inside
		if it.Node().Kind == unstable.KeyValue {
			check = r.keyValue
		}
		if err := check(path, it.Node()); err != nil {
			return err
		}
	}
	return nil
}

// key returns the whole path of a key whose value is of kind, or an error that names
// its line if it is nearly one of ours.
func (r *configReader) key(table []string, node *unstable.Node, kind unstable.Kind) ([]string, error) {
	path := append([]string(nil), table...)
	for it := node.Key(); it.Next(); {
		path = append(path, string(it.Node().Data))
	}
	for _, name := range configKeys {
		if wrong := wrongKey(name, path, kind); wrong != "" {
			return nil, r.wrong(r.line(node), wrong)
		}
	}
	if wrong := cmp.Or(wrongRuleKey(path, kind), wrongServiceKey(path, kind)); wrong != "" {
		return nil, r.wrong(r.line(node), wrong)
	}
	return path, nil
}

// wrong returns a usage error about a line of the file.
func (c config) wrong(line int, message string) error {
	return HintError{UsageError(fmt.Sprintf("%s: line %d: %s", c.path, line, message)), "Correct that line."}
}

func (r *configReader) line(node *unstable.Node) int {
	it := node.Key()
	it.Next()
	return r.parser.Shape(it.Node().Raw).Start.Line
}

// wrongKey returns the mistake in a path that is meant to be the key called name. It
// returns "" for the correct path and for keys of other programs.
func wrongKey(name string, path []string, kind unstable.Kind) string {
	last := path[len(path)-1]
	switch {
	case path[0] == name && len(path) == 1 && kind == unstable.String:
		return ""
	case path[0] == name:
		return name + " must be a string"
	case last == name:
		return fmt.Sprintf("%s belongs above the first table, not below [%s]", name, text.Printable(strings.Join(path[:len(path)-1], ".")))
	case near(last, name, 3), near(strings.Join(path, ""), name, 3):
		return fmt.Sprintf("%q is not a setting; did you mean %s?", strings.Join(path, "."), name)
	}
	return ""
}

// near reports whether typed and name differ by at most slips characters, ignoring case
// and punctuation.
func near(typed, name string, slips int) bool {
	fold := func(s string) string {
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	a, b := fold(typed), fold(name)
	return len(a) <= len(b)+slips && len(b) <= len(a)+slips && text.Distance(a, b) <= slips
}

// readConfigFile returns our settings in the file at path; none if it does not exist.
func readConfigFile(path string) (config, error) {
	text, err := openConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return config{}, nil
	case err != nil:
		return config{}, fmt.Errorf("read the settings: %w", err)
	}
	return readConfig(path, text)
}

// configLimit is the greatest size of a config.toml, in bytes.
const configLimit = 1 << 20

// openConfig reads a small file that belongs to the user or to root, who may have
// linked it there.
func openConfig(path string) ([]byte, error) {
	text, err := private.ReadTrusted(path, configLimit)
	for _, class := range []error{private.ErrNotRegular, private.ErrNotOwner, private.ErrTooLarge} {
		if errors.Is(err, class) {
			return nil, HintError{fmt.Errorf("%s: %w", path, class), "Move that file away, or put your own in its place."}
		}
	}
	return text, err
}
