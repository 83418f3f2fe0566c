package sessionlog

import (
	"bytes"
	"encoding/json"
)

// cleanLine returns a line of JSON without the secrets: keys and values are
// cleaned one by one, each decoded first, so that the result is JSON again.
func (r *rules) cleanLine(line []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	c := cleaner{rules: r, in: d, line: line}
	if !c.value(notSecret) {
		return []byte(`{"level":"WARN","msg":"a line that can't be read was left out"}` + "\n")
	}
	return append(c.out, '\n')
}

// cleaner copies JSON, token by token. It fails on what is no JSON.
type cleaner struct {
	*rules
	in   *json.Decoder
	line []byte
	out  []byte
}

// value copies one value; kind is what the key of it says.
func (c *cleaner) value(kind int) bool {
	before := c.in.InputOffset()
	token, err := c.in.Token()
	if err != nil {
		return false
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return c.array(kind, before)
		}
		return c.object(kind)
	case string:
		c.text([]byte(t), kind)
	case json.Number:
		c.scalar(t.String(), kind)
	case bool:
		c.out = append(c.out, map[bool]string{true: "true", false: "false"}[t]...)
	default:
		c.out = append(c.out, "null"...)
	}
	return true
}

func (c *cleaner) object(kind int) bool {
	c.out = append(c.out, '{')
	for first := true; c.in.More(); first = false {
		if !first {
			c.out = append(c.out, ',')
		}
		token, err := c.in.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return false
		}
		c.text([]byte(key), notSecret)
		c.out = append(c.out, ':')
		if !c.value(max(kind, keyKind(key))) {
			return false
		}
	}
	c.out = append(c.out, '}')
	_, err := c.in.Token()
	return err == nil
}

func keyKind(key string) int {
	if key == "" {
		return notSecret
	}
	return nameKind([]byte(key))
}

// array copies an array, or hides it as a whole where its numbers are the bytes
// of a secret. What follows a flag such as "--token" is its value.
func (c *cleaner) array(kind int, before int64) bool {
	start, flag := len(c.out), notSecret
	c.out = append(c.out, '[')
	for first := true; c.in.More(); first = false {
		if !first {
			c.out = append(c.out, ',')
		}
		at := c.in.InputOffset()
		if !c.value(max(kind, flag)) {
			return false
		}
		flag = flagKind(c.line[at:c.in.InputOffset()])
	}
	c.out = append(c.out, ']')
	if _, err := c.in.Token(); err != nil {
		return false
	}
	raw := c.line[before:c.in.InputOffset()]
	if v := numberRuns(raw); len(v.text) > 0 && bytes.IndexByte(raw, '"') < 0 {
		if _, found := c.clean(v.text); found {
			c.out = appendString(c.out[:start], []byte(redacted))
		}
	}
	return true
}

// flagKind is what an argument, as it is written in JSON after a comma, says of the next.
func flagKind(argument []byte) int {
	name := bytes.Trim(argument, ", \"")
	if !bytes.HasPrefix(name, []byte("-")) || bytes.ContainsAny(name, "=: ") {
		return notSecret
	}
	return nameKind(name)
}

// text copies a string.
func (c *cleaner) text(text []byte, kind int) {
	if len(text) > 0 && (kind == secret || kind == maybe && looksRandom(text)) {
		text = []byte(redacted)
	} else if c.suspect(text, minStride) || bytes.IndexByte(text, 0) >= 0 {
		text, _ = c.clean(text)
	}
	c.out = appendString(c.out, text)
}

// scalar copies a number.
func (c *cleaner) scalar(text string, kind int) {
	if _, found := c.clean([]byte(text)); found || kind == secret {
		c.out = appendString(c.out, []byte(redacted))
		return
	}
	c.out = append(c.out, text...)
}

// appendString appends a JSON string, as slog writes it.
func appendString(out, text []byte) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(string(text)) // a string encodes
	return append(out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
