package legacyfile

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// document is the content of an auth.json.
type document struct {
	top         object // everything, in order
	credentials object // the members of the credentials object
}

// parseDocument reads a file's content. Nothing, or only space, is an empty
// document, and so is a lone byte-order mark. Any error is a *fault whose offset
// does not count the byte-order mark; see [textOf].
func parseDocument(data []byte) (*document, error) {
	data = textOf(data)
	if len(trimSpace(data)) == 0 {
		return &document{}, nil
	}
	top, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	d := &document{top: top}
	if err := checkEntries(top, 0); err != nil {
		return nil, err
	}
	i := top.index("credentials")
	if i < 0 || string(top[i].value) == "null" {
		return d, nil
	}
	d.credentials, err = parseObject(top[i].value)
	if err != nil {
		return nil, shifted(err, top[i].at)
	}
	return d, checkEntries(d.credentials, top[i].at)
}

// textOf is data without a byte-order mark.
func textOf(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// checkEntries refuses entries that name a field twice: programs differ on
// which one counts.
func checkEntries(o object, base int) error {
	for _, m := range o {
		if m.value[0] != '{' {
			continue
		}
		if _, err := parseObject(m.value); err != nil {
			return shifted(err, base+m.at)
		}
	}
	return nil
}

func shifted(err error, by int) error {
	if f, ok := err.(*fault); ok {
		return &fault{f.offset + by, f.reason}
	}
	return err
}

// reserved reports whether a top-level key is the format's own or Codex's, and
// so never a provider's name.
func reserved(name string) bool {
	switch name {
	case "version", "credentials":
		return true
	case codexKey, "auth_mode", "tokens", "last_refresh", "agent_identity",
		"personal_access_token", "bedrock_api_key", "bedrock_access_keys":
		return true
	}
	return false
}

const codexKey = "OPENAI_API_KEY"

// find returns the entry in force under name, nil if there is none, and
// whether it is Codex's.
func (d *document) find(name string) (entry []byte, foreign bool) {
	entry = canonical(name, d.credentials.get(name), false)
	if older := d.legacy(name); older != nil && (entry == nil || savedAt(older).After(savedAt(entry))) {
		entry = older
	}
	if entry == nil && name == "openai" {
		entry = d.codexEntry()
		return entry, entry != nil
	}
	return entry, false
}

// legacy returns the credential kept under name at the top level.
func (d *document) legacy(name string) []byte {
	if reserved(name) {
		return nil
	}
	return canonical(name, d.top.get(name), true)
}

// codexEntry is Codex's API key as an entry. Codex's tokens are never read. It
// has no saved_at: Codex's last_refresh is about its tokens, and must not make
// this key newer than one of ours.
func (d *document) codexEntry() []byte {
	if d.top.text(codexKey) == "" {
		return nil
	}
	return object{newMember("type", quote("api_key")), newMember("key", d.top.get(codexKey))}.compact()
}

// names lists the entries that find would find, sorted.
func (d *document) names() []string {
	names := []string{}
	for _, m := range d.credentials {
		if canonical(m.name, m.value, false) != nil {
			names = append(names, m.name)
		}
	}
	for _, m := range d.top {
		if !reserved(m.name) && canonical(m.name, m.value, true) != nil {
			names = append(names, m.name)
		}
	}
	if d.codexEntry() != nil {
		names = append(names, "openai")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// set stores an entry under name and drops the legacy one it supersedes.
func (d *document) set(name string, entry []byte) {
	if d.legacy(name) != nil {
		d.top = d.top.without(name)
	}
	d.credentials = d.credentials.with(name, entry)
	if d.top.index("version") < 0 {
		d.top = append(object{newMember("version", nil)}, d.top...)
	}
	d.top = d.top.with("version", json.RawMessage("1"))
	if d.top.index("credentials") < 0 {
		after := d.top.index("version") + 1
		d.top = slices.Insert(d.top, after, newMember("credentials", nil))
	}
}

// remove drops every entry of ours under name and reports whether there was
// one.
func (d *document) remove(name string) bool {
	found := d.credentials.index(name) >= 0
	d.credentials = d.credentials.without(name)
	if d.legacy(name) != nil {
		d.top = d.top.without(name)
		found = true
	}
	return found
}

// vacant reports whether nothing of anyone's is left.
func (d *document) vacant() bool {
	return len(d.credentials) == 0 && len(d.top.without("version").without("credentials")) == 0
}

// later reports whether a later version of the format wrote the document.
func (d *document) later() bool {
	version, _ := strconv.ParseFloat(string(d.top.get("version")), 64) // 0 for what is no number
	return version > 1
}

// render returns the file's content. Values of others are byte for byte what
// was read.
func (d *document) render() []byte {
	top := d.top
	if top.index("credentials") >= 0 {
		top = top.with("credentials", d.credentials.indented("  "))
	}
	return append(top.indented(""), '\n')
}
