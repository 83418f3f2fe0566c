package legacyfile

import (
	"bytes"
	"slices"
	"strconv"
)

// document is the content of an auth.json.
type document struct {
	text        []byte // the content, without a byte-order mark
	top         object // everything, in order
	credentials object // the members of the credentials object
}

// parseDocument reads a file's content. Nothing, or only space, is an empty
// document, and so is a lone byte-order mark. It fails only if what is ours
// can't be told from the rest: an entry of ours that can't be read is the matter
// of find. Any error is a *fault whose offset does not count the byte-order
// mark; see [textOf].
func parseDocument(data []byte) (*document, error) {
	d := &document{text: textOf(data)}
	if skipSpace(d.text, 0) == len(d.text) {
		return d, nil
	}
	var err error
	if d.top, err = parseObject(d.text); err != nil {
		return nil, err
	}
	if twice := d.top.repeated("version", "credentials"); twice != nil {
		return nil, &fault{twice.keyAt, "the same name twice"}
	}
	i := d.top.index("credentials")
	switch {
	case i < 0 || string(d.top[i].value) == "null":
	case d.top[i].value[0] != '{':
		return nil, &fault{d.top[i].at, "not a JSON object"}
	default:
		d.credentials = members(d.text, d.top[i].at)
	}
	return d, nil
}

// textOf is data without a byte-order mark.
func textOf(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

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

// Codex's own key, and the name under which it is found.
const (
	codexKey      = "OPENAI_API_KEY"
	codexProvider = "openai"
)

// find returns the entry under name, nil if there is none, and whether it is
// Codex's. An entry that can't be read is a *fault, beside its bytes.
func (d *document) find(name string) (entry []byte, foreign bool, err error) {
	entry, err = d.own(name)
	if entry == nil && err == nil && name == codexProvider {
		entry, err = d.codexEntry()
		foreign = entry != nil
	}
	return entry, foreign, err
}

// own is find without what is Codex's.
func (d *document) own(name string) (entry []byte, err error) {
	if entry, err = entryOf(d.credentials, name, false); entry == nil && err == nil && !reserved(name) {
		entry, err = entryOf(d.top, name, true)
	}
	return entry, err
}

// entryOf returns the credential that o keeps under name. Two of them are a
// fault at the second.
func entryOf(o object, name string, topLevel bool) (entry []byte, err error) {
	for _, m := range o {
		if m.name != name {
			continue
		}
		next, err := canonical(name, m.value, topLevel)
		switch {
		case err != nil:
			return bytes.Clone(m.value), shifted(err, m.at)
		case next != nil && entry != nil:
			return bytes.Clone(m.value), &fault{m.keyAt, "the same name twice"}
		case next != nil:
			entry = next
		}
	}
	return entry, nil
}

// codexEntry is Codex's API key as an entry. Codex's tokens are never read.
func (d *document) codexEntry() ([]byte, error) {
	if twice := d.top.repeated(codexKey); twice != nil {
		return nil, &fault{twice.keyAt, "the same name twice"}
	}
	if d.top.text(codexKey) == "" {
		return nil, nil
	}
	return object{newMember("type", quote("api_key")), newMember("key", d.top.get(codexKey))}.compact(), nil
}

// names lists the entries that find would find, sorted.
func (d *document) names() []string {
	names := []string{}
	for _, m := range d.credentials {
		if entry, err := canonical(m.name, m.value, false); entry != nil || err != nil {
			names = append(names, m.name)
		}
	}
	for _, m := range d.top {
		if isOld(m, m.name) {
			names = append(names, m.name)
		}
	}
	if entry, err := d.codexEntry(); entry != nil || err != nil {
		names = append(names, codexProvider)
	}
	slices.Sort(names)
	return slices.Compact(names)
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

// isOld reports whether a top-level member is an older shape of the entry under
// name, readable or not.
func isOld(m member, name string) bool {
	if m.name != name || reserved(name) {
		return false
	}
	entry, err := canonical(name, m.value, true)
	return entry != nil || err != nil
}
