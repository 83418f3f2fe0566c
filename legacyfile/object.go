package legacyfile

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// object is a JSON object that remembers the order of its members, the bytes of
// their values and where they are, so that what we don't know survives a
// rewrite. Names may repeat.
type object []member

type member struct {
	name  string
	key   json.RawMessage // the name as it is quoted in the text
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
		return nil, bad(data, rest)
	}
	if data[i] != '{' {
		return nil, &fault{i, "not a JSON object"}
	}
	return members(data, i), nil
}

// members splits the object at text[i], which is known to be valid.
func members(text []byte, i int) (o object) {
	for i = skipSpace(text, i+1); text[i] != '}'; i = skipSpace(text, i) {
		if text[i] == ',' {
			i = skipSpace(text, i+1)
		}
		m := member{keyAt: i}
		i, _ = skipString(text, i)
		m.key = text[m.keyAt:i]
		m.name = decoded(m.key)
		m.at = skipSpace(text, skipSpace(text, i)+1)
		i, _ = skipValue(text, m.at)
		m.value = text[m.at:i]
		o = append(o, m)
	}
	return o
}

// decoded is the string that a quoted one stands for.
func decoded(quoted []byte) (s string) {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	_ = json.Unmarshal(quoted, &s) // the scanner accepted it
	return s
}

// clear returns a fault if readers may disagree about what the object says:
// names that repeat, text that is not UTF-8, or nesting beyond what common
// parsers take. data is what the object was parsed from.
func (o object) clear(data []byte) error {
	if i := invalidUTF8(data); i >= 0 {
		return &fault{i, "not valid UTF-8"}
	}
	if !json.Valid(data) {
		return &fault{0, "nested too deep"}
	}
	if twice := o.repeated(); twice != nil {
		return &fault{twice.keyAt, "the same name twice"}
	}
	return nil
}

// repeated returns the first member whose name an earlier one has, nil if there
// is none. If names are given, it looks at those alone.
func (o object) repeated(names ...string) *member {
	seen := make(map[string]bool)
	for i := range o {
		if len(names) > 0 && !slices.Contains(names, o[i].name) {
			continue
		}
		if seen[o[i].name] {
			return &o[i]
		}
		seen[o[i].name] = true
	}
	return nil
}

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

// position turns an offset into a line and a column, both from 1.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[lineStart:])
}

func (o object) index(name string) int {
	for i := range o {
		if o[i].name == name {
			return i
		}
	}
	return -1
}

// get returns the value of name, nil if there is none.
func (o object) get(name string) json.RawMessage {
	if i := o.index(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// text returns the value of name if it is a string that is not blank.
func (o object) text(name string) string { return text(o.get(name)) }

// text returns the string that value is, or "" for a blank one or none.
func text(value json.RawMessage) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	s := decoded(value)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// with returns a copy in which name has value, in its old place or at the end.
func (o object) with(name string, value json.RawMessage) object {
	out := append(object(nil), o...)
	if i := out.index(name); i >= 0 {
		out[i].value = value
		return out
	}
	return append(out, newMember(name, value))
}

// without returns a copy that lacks name.
func (o object) without(name string) object {
	out := make(object, 0, len(o))
	for _, m := range o {
		if m.name != name {
			out = append(out, m)
		}
	}
	return out
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
		_ = json.Compact(&b, m.value) // see clear
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
