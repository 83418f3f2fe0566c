package legacyfile

import "bytes"

// fault says where and why a text is invalid. Its reason is a fixed phrase, because the
// messages of encoding/json quote the input.
type fault struct {
	offset int
	reason string
}

func (f *fault) Error() string { return f.reason }

func shifted(err error, by int) error {
	if f, ok := err.(*fault); ok {
		return &fault{f.offset + by, f.reason}
	}
	return err
}

// invalid returns a *fault at text[i], or at the last byte if i is behind it.
func invalid(text []byte, i int) error {
	return &fault{max(0, min(i, len(text)-1)), "not valid JSON"}
}

// skipValue returns the end of the JSON value at text[i]. Unlike encoding/json it
// does not limit nesting; it does not check that strings are UTF-8. Any error is a
// *fault.
func skipValue(text []byte, i int) (end int, err error) {
	var open []byte // the brackets that are open
	for {
		if i = skipSpace(text, i); i >= len(text) {
			return 0, invalid(text, i)
		}
		c := text[i]
		if c == '{' || c == '[' {
			open = append(open, c)
			i = skipSpace(text, i+1)
			if i >= len(text) || text[i] != closing(c) {
				if i, err = skipKey(text, i, c); err != nil {
					return 0, err
				}
				continue
			}
		} else if i, err = skipScalar(text, i); err != nil {
			return 0, err
		}
		if i, open, err = skipClosing(text, i, open); err != nil || len(open) == 0 {
			return i, err
		}
	}
}

// skipClosing skips from the end of a value, or from a closing bracket, to the next
// value. It returns the brackets that are still open.
func skipClosing(text []byte, i int, open []byte) (int, []byte, error) {
	for len(open) > 0 {
		inside := open[len(open)-1]
		i = skipSpace(text, i)
		switch {
		case i < len(text) && text[i] == closing(inside):
			i, open = i+1, open[:len(open)-1]
		case i < len(text) && text[i] == ',':
			i, err := skipKey(text, skipSpace(text, i+1), inside)
			return i, open, err
		default:
			return 0, nil, invalid(text, i)
		}
	}
	return i, open, nil
}

func closing(c byte) byte { return c + 2 } // in ASCII, ] is [ + 2 and } is { + 2

// skipKey skips the name and the colon of an object's member, and nothing in an
// array.
func skipKey(text []byte, i int, inside byte) (int, error) {
	if inside != '{' {
		return i, nil
	}
	if i >= len(text) || text[i] != '"' {
		return 0, invalid(text, i)
	}
	i, err := skipString(text, i)
	if err != nil {
		return 0, err
	}
	if i = skipSpace(text, i); i >= len(text) || text[i] != ':' {
		return 0, invalid(text, i)
	}
	return i + 1, nil
}

func skipScalar(text []byte, i int) (int, error) {
	for _, word := range []string{"true", "false", "null"} {
		if text[i] == word[0] {
			for j := range word {
				if i+j >= len(text) || text[i+j] != word[j] {
					return 0, invalid(text, i+j)
				}
			}
			return i + len(word), nil
		}
	}
	if text[i] == '"' {
		return skipString(text, i)
	}
	return skipNumber(text, i)
}

func skipString(text []byte, i int) (int, error) {
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1, nil
		case c < 0x20:
			return 0, invalid(text, i)
		case c != '\\':
		case i+1 < len(text) && text[i+1] == 'u':
			i++
			for range 4 {
				if i++; i >= len(text) || bytes.IndexByte([]byte("0123456789abcdefABCDEF"), text[i]) < 0 {
					return 0, invalid(text, i)
				}
			}
		default:
			if i++; i >= len(text) || bytes.IndexByte([]byte(`"\/bfnrt`), text[i]) < 0 {
				return 0, invalid(text, i)
			}
		}
	}
	return 0, invalid(text, i)
}

func skipNumber(text []byte, i int) (int, error) {
	digits := func() bool {
		from := i
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return i > from
	}
	is := func(set string) bool { return i < len(text) && bytes.IndexByte([]byte(set), text[i]) >= 0 }
	if is("-") {
		i++
	}
	if is("0") {
		i++
	} else if !digits() {
		return 0, invalid(text, i)
	}
	if is(".") {
		if i++; !digits() {
			return 0, invalid(text, i)
		}
	}
	if is("eE") {
		if i++; is("+-") {
			i++
		}
		if !digits() {
			return 0, invalid(text, i)
		}
	}
	return i, nil
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}
