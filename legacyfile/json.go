package legacyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// object is a JSON object that remembers the order of its members and the
// bytes of their values, so that what we don't know survives a rewrite.
type object []member

type member struct {
	name  string
	key   json.RawMessage // the name as it was quoted in the file
	value json.RawMessage
	at    int // offset of value in the parsed text
}

// fault is a place in a text that can't be accepted. Its reason is a fixed
// phrase: the messages of encoding/json quote the input.
type fault struct {
	offset int
	reason string
}

func (f *fault) Error() string { return f.reason }

// parseObject reads data as exactly one JSON object. Besides bad syntax it
// refuses what readers disagree about: invalid UTF-8 and repeated names.
// Any error is a *fault.
func parseObject(data []byte) (object, error) {
	if i := invalidUTF8(data); i >= 0 {
		return nil, &fault{i, "not valid UTF-8"}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		offset := len(data)
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = max(0, int(syntax.Offset)-1)
		}
		return nil, &fault{offset, "not valid JSON"}
	}
	if whole[0] != '{' {
		return nil, &fault{bytes.IndexByte(data, whole[0]), "not a JSON object"}
	}
	return members(data)
}

// members splits an object that is known to be valid.
func members(data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return nil, &fault{0, "not valid JSON"}
	}
	var o object
	seen := make(map[string]bool)
	for dec.More() {
		before := int(dec.InputOffset())
		token, err := dec.Token()
		if err != nil {
			return nil, &fault{before, "not valid JSON"}
		}
		name, _ := token.(string)
		end := int(dec.InputOffset())
		key := bytes.TrimLeft(data[before:end], ", \t\r\n")
		if seen[name] {
			return nil, &fault{end - len(key), "the same name twice"}
		}
		seen[name] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, &fault{end, "not valid JSON"}
		}
		o = append(o, member{name, key, value, int(dec.InputOffset()) - len(value)})
	}
	return o, nil
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
		_ = json.Compact(&b, m.value) // every value here was parsed before
	}
	b.WriteByte('}')
	return b.Bytes()
}

// indented returns the object with each member on a line of its own and the
// values byte for byte, to stand in a text that is indented by indent.
func (o object) indented(indent string) []byte {
	if len(o) == 0 {
		return []byte("{}")
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		b.Write(m.key)
		b.WriteString(": ")
		b.Write(m.value)
	}
	b.WriteString("\n" + indent + "}")
	return b.Bytes()
}

func newMember(name string, value json.RawMessage) member {
	return member{name: name, key: quote(name), value: value}
}

func quote(s string) json.RawMessage {
	q, _ := json.Marshal(s) // a string always marshals
	return q
}

// trimSpace removes what JSON counts as space.
func trimSpace(data []byte) []byte { return bytes.Trim(data, " \t\r\n") }
