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

// parseDocument parses a file's content. Space alone, or a byte-order mark, is an
// empty document. It fails only if it can't tell our entries from the rest; a
// single corrupt entry is an error of find. Any error is a *fault, with an offset
// in [textOf].
func parseDocument(data []byte) (*document, error) {
	d := &document{text: textOf(data)}
	if skipSpace(d.text, 0) == len(d.text) {
		return d, nil
	}
	var err error
	if d.top, err = parseObject(d.text); err != nil {
		return nil, err
	}
	if err := d.top.checkNames("version", "credentials"); err != nil {
		return nil, err
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

// textOf returns data without its byte-order mark.
func textOf(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// reserved reports whether a top-level key is the format's or Codex's, and so not
// an entry.
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

// The name of Codex's API key, and of the entry that it is read as.
const (
	codexKey      = "OPENAI_API_KEY"
	codexProvider = "openai"
)

// find returns the entry under name, nil if there is none, and whether it is Codex's.
// It returns the bytes of a corrupt entry with a *fault.
func (d *document) find(name string) (entry []byte, foreign bool, err error) {
	entry, err = d.own(name)
	if entry == nil && err == nil && name == codexProvider {
		entry, err = d.codexEntry()
		foreign = entry != nil
	}
	return entry, foreign, err
}

// own is find without Codex's API key.
func (d *document) own(name string) (entry []byte, err error) {
	if entry, err = entryOf(d.credentials, name, false); entry == nil && err == nil && !reserved(name) {
		entry, err = entryOf(d.top, name, true)
	}
	return entry, err
}

// entryOf returns the credential in o under name. A second one is a *fault.
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
			return bytes.Clone(m.value), &fault{m.keyAt, repeatedName}
		case next != nil:
			entry = next
		}
	}
	return entry, nil
}

// codexEntry returns Codex's API key as an entry. It does not read Codex's tokens.
func (d *document) codexEntry() ([]byte, error) {
	if err := d.top.checkNames(codexKey); err != nil {
		return nil, err
	}
	if d.top.text(codexKey) == "" {
		return nil, nil
	}
	return object{newMember("type", quote("api_key")), newMember("key", d.top.get(codexKey))}.compact(), nil
}

// names returns the names of the entries that find returns, sorted.
func (d *document) names() []string {
	names := []string{}
	for _, m := range d.credentials {
		if entry, err := canonical(m.name, m.value, false); entry != nil || err != nil {
			names = append(names, m.name)
		}
	}
	for _, m := range d.top {
		if isOldEntry(m, m.name) {
			names = append(names, m.name)
		}
	}
	if entry, err := d.codexEntry(); entry != nil || err != nil {
		names = append(names, codexProvider)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isEmpty reports whether the document has no entry and no other program's data.
func (d *document) isEmpty() bool {
	return len(d.credentials) == 0 && len(d.top.without("version").without("credentials")) == 0
}

// isNewer reports whether the document is of a later version of the format.
func (d *document) isNewer() bool {
	version, _ := strconv.ParseFloat(string(d.top.get("version")), 64) // 0 if it is not a number
	return version > 1
}

// isOldEntry reports whether a top-level member is an older shape of the entry
// under name, corrupt or not.
func isOldEntry(m member, name string) bool {
	if m.name != name || reserved(name) {
		return false
	}
	entry, err := canonical(name, m.value, true)
	return entry != nil || err != nil
}
