package legacyfile

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// object is a JSON object with the order, bytes and places of its members, so that a
// write keeps the members that it does not change. Names may repeat.
type object []member

type member struct {
	name  string
	key   json.RawMessage // the name as quoted in the text
	value json.RawMessage
	keyAt int // offset of key in the parsed text
	at    int // offset of value
}

func (m member) end() int { return m.at + len(m.value) }

// parseObject reads data as exactly one JSON object. Any error is a *fault.
func parseObject(data []byte) (object, error) {
	i := skipSpace(data, 0)
	end, err := skipValue(data, i)
	if err != nil {
		return nil, err
	}
	if rest := skipSpace(data, end); rest < len(data) {
		return nil, invalid(data, rest)
	}
	if data[i] != '{' {
		return nil, &fault{i, "not a JSON object"}
	}
	return members(data, i), nil
}

// members returns the members of the object at text[i], which must be valid.
func members(text []byte, i int) (o object) {
	for i = skipSpace(text, i+1); text[i] != '}'; i = skipSpace(text, i) {
		if text[i] == ',' {
			i = skipSpace(text, i+1)
		}
		m := member{keyAt: i}
		i, _ = skipString(text, i)
		m.key = text[m.keyAt:i]
		m.name = unquote(m.key)
		m.at = skipSpace(text, skipSpace(text, i)+1)
		i, _ = skipValue(text, m.at)
		m.value = text[m.at:i]
		o = append(o, m)
	}
	return o
}

// unquote returns the value of a valid JSON string.
func unquote(quoted []byte) (s string) {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	_ = json.Unmarshal(quoted, &s) // the scanner accepted it
	return s
}

// check returns a *fault if parsers may disagree about the object: it repeats
// names, is not UTF-8, or nests deeper than common parsers accept. data is the
// object's text.
func (o object) check(data []byte) error {
	if i := invalidUTF8(data); i >= 0 {
		return &fault{i, "not valid UTF-8"}
	}
	if !json.Valid(data) {
		return &fault{0, "nested too deep"}
	}
	return o.checkNames()
}

const repeatedName = "the same name twice"

// checkNames returns a *fault at the first member whose name an earlier one has.
// If names are given, it checks only those.
func (o object) checkNames(names ...string) error {
	seen := make(map[string]bool)
	for _, m := range o {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		if seen[m.name] {
			return &fault{m.keyAt, repeatedName}
		}
		seen[m.name] = true
	}
	return nil
}

// invalidUTF8 returns the offset of the first invalid byte, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position converts an offset to a line and a column, both from 1.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[lineStart:])
}

func (o object) index(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == name })
}

// has reports whether o has one of the names.
func (o object) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return o.index(name) >= 0 })
}

// get returns the value of name, nil if there is none.
func (o object) get(name string) json.RawMessage {
	if i := o.index(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// text returns the value of name if it is a string and not blank, else "".
func (o object) text(name string) string { return text(o.get(name)) }

func text(value json.RawMessage) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	s := unquote(value)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// without returns a copy that lacks name.
func (o object) without(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.name == name })
}

// compact returns the object without insignificant space.
func (o object) compact() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(m.key)
		b.WriteByte(':')
		_ = json.Compact(&b, m.value) // check refuses a value that fails
	}
	b.WriteByte('}')
	return b.Bytes()
}

func newMember(name string, value json.RawMessage) member {
	return member{name: name, key: quote(name), value: value}
}

func quote(s string) json.RawMessage {
	q, _ := json.Marshal(s) // a string always marshals
	return q
}
