package legacyfile

import (
	"bytes"
	"slices"
	"strings"
)

// These edits replace parts of a document's text, so that the rest keeps its bytes and
// its layout.

// set returns a document in which entry is our only one under name.
func (d *document) set(name string, entry []byte) (*document, error) {
	d, err := d.withoutOld(name)
	if err == nil && len(d.top) == 0 {
		return parseDocument([]byte("{\n  \"version\": 1,\n  \"credentials\": {\n    " +
			string(quote(name)) + ": " + string(entry) + "\n  }\n}\n"))
	}
	if err == nil {
		d, err = d.withVersion()
	}
	if err != nil {
		return nil, err
	}
	i := d.top.index("credentials")
	if i < 0 {
		i = d.top.index("version") + 1
		if d, err = d.insert(d.opening(), d.top, i, "credentials", []byte("{}")); err != nil {
			return nil, err
		}
	}
	credentials := d.top[i]
	if credentials.value[0] != '{' { // null
		if d, err = d.splice(credentials.at, credentials.end(), []byte("{}")); err != nil {
			return nil, err
		}
	}
	return d.put(name, entry)
}

// put stores entry in the credentials object.
func (d *document) put(name string, entry []byte) (*document, error) {
	for {
		i := d.credentials.index(name)
		if i < 0 {
			at := d.top[d.top.index("credentials")].at
			return d.insert(at, d.credentials, len(d.credentials), name, entry)
		}
		m := d.credentials[i]
		if d.credentials[i+1:].index(name) < 0 {
			return d.splice(m.at, m.end(), entry)
		}
		var err error
		if d, err = d.cut(d.credentials, i); err != nil {
			return nil, err
		}
	}
}

// withVersion sets the document's version to 1.
func (d *document) withVersion() (*document, error) {
	i := d.top.index("version")
	if i < 0 {
		return d.insert(d.opening(), d.top, 0, "version", []byte("1"))
	}
	if m := d.top[i]; string(m.value) != "1" {
		return d.splice(m.at, m.end(), []byte("1"))
	}
	return d, nil
}

// remove returns a document without our entries under name, and whether there was
// one.
func (d *document) remove(name string) (*document, bool, error) {
	before := d
	d, err := d.withoutOld(name)
	for err == nil {
		i := d.credentials.index(name)
		if i < 0 {
			break
		}
		d, err = d.cut(d.credentials, i)
	}
	return d, d != before, err
}

// withoutOld removes the older shapes of the entry under name.
func (d *document) withoutOld(name string) (*document, error) {
	for {
		i := slices.IndexFunc(d.top, func(m member) bool { return isOldEntry(m, name) })
		if i < 0 {
			return d, nil
		}
		var err error
		if d, err = d.cut(d.top, i); err != nil {
			return nil, err
		}
	}
}

// cut removes the ith of members, with its comma.
func (d *document) cut(members object, i int) (*document, error) {
	switch {
	case i > 0:
		return d.splice(members[i-1].end(), members[i].end(), nil)
	case len(members) > 1:
		return d.splice(members[0].keyAt, members[1].keyAt, nil)
	default:
		open := bytes.LastIndexByte(d.text[:members[0].keyAt], '{')
		end := skipSpace(d.text, members[0].end())
		return d.splice(open+1, end, nil)
	}
}

// insert adds a member to the object that begins at text[open], before the ith of
// its members, with the same white space as the others.
func (d *document) insert(open int, members object, i int, name string, value []byte) (*document, error) {
	if len(members) == 0 {
		gap := d.gap(open)
		inner, colon := gap, ": "
		switch {
		case !strings.Contains(gap, "\n"):
			gap, inner, colon = "", "", ":"
		case strings.Contains(gap, "\t"):
			inner += "\t"
		default:
			inner += "  "
		}
		text := inner + string(quote(name)) + colon + string(value) + gap
		return d.splice(open+1, skipSpace(d.text, open+1), []byte(text))
	}
	gap := d.space(members[max(0, i-1)].keyAt)
	colon := ":"
	if strings.Contains(gap, "\n") {
		colon = ": "
	}
	text := string(quote(name)) + colon + string(value)
	if i == 0 {
		return d.splice(members[0].keyAt, members[0].keyAt, []byte(text+","+gap))
	}
	at := members[i-1].end()
	return d.splice(at, at, []byte(","+gap+text))
}

// gap returns the white space before the member whose value begins at text[open].
func (d *document) gap(open int) string {
	for _, m := range d.top {
		if m.at == open {
			return d.space(m.keyAt)
		}
	}
	return ""
}

// space returns the white space before text[i].
func (d *document) space(i int) string {
	before := d.text[:i]
	return string(before[len(bytes.TrimRight(before, " \t\r\n")):])
}

// opening returns where the top-level object begins.
func (d *document) opening() int { return skipSpace(d.text, 0) }

// splice returns the document with text[from:to] replaced.
func (d *document) splice(from, to int, with []byte) (*document, error) {
	return parseDocument(slices.Concat(d.text[:from], with, d.text[to:]))
}
