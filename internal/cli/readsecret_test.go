package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadKeys(t *testing.T) {
	t.Parallel()
	gone := errors.New("the terminal is gone")
	long := strings.Repeat("k", 5000) // longer than a line that a terminal edits
	for _, c := range []struct {
		typed, line, left string
		err               error
	}{
		{"key\r", "key", "", nil},
		{"key\nnext\n", "key", "next\n", nil},
		{"kez\x7fy\r", "key", "", nil},
		{"\x08\x7fkez\x08y\r", "key", "", nil},
		{"wrong\x15key\r", "key", "", nil},
		{"key\x04", "key", "", nil},
		{"key\x03more", "", "more", context.Canceled},
		{"wrong\x1akey\r", "key", "", nil},
		{"\x1a\x1amore", "", "more", gone},
		{"key", "key", "", io.EOF},
		{long + "\r", long, "", nil},
	} {
		from := strings.NewReader(c.typed)
		stops := 0
		line, err := readKeys(from, func() error {
			if stops++; stops > 1 {
				return gone
			}
			return nil
		})
		left, _ := io.ReadAll(from)
		if string(line) != c.line || !errors.Is(err, c.err) || string(left) != c.left {
			t.Errorf("%.20q: %.20q, %v, and %q is left", c.typed, line, err, left)
		}
	}
}
