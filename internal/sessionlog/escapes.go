package sessionlog

import "bytes"

// escapes reports that a text has bytes written in a way that marks them: \\, %,
// & and =, as in JSON, URLs, HTML and mail. A quotation mark alone hides nothing.
func escapes(text []byte) bool {
	for i := bytes.IndexByte(text, '\\'); i >= 0; i = indexFrom(text, '\\', i+2) {
		if i+1 >= len(text) || text[i+1] != '"' {
			return true
		}
	}
	for i := bytes.IndexByte(text, '%'); i >= 0; i = indexFrom(text, '%', i+1) {
		if _, ok := hexPair(text[i+1:]); ok {
			return true
		}
	}
	for i := bytes.IndexByte(text, '='); i >= 0; i = indexFrom(text, '=', i+1) {
		if _, ok := hexPair(text[i+1:]); ok {
			return true
		}
	}
	for i := bytes.IndexByte(text, '&'); i >= 0; i = indexFrom(text, '&', i+1) {
		if _, n := entity(text[i:]); n > 0 {
			return true
		}
	}
	return false
}

func indexFrom(text []byte, c byte, from int) int {
	if i := bytes.IndexByte(text[from:], c); i >= 0 {
		return from + i
	}
	return -1
}
