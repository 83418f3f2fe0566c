package cli

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// inUTF16 returns a text in the encoding of PowerShell 5.
func inUTF16(order binary.ByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		var pair [2]byte
		order.PutUint16(pair[:], unit)
		b = append(b, pair[:]...)
	}
	return string(b)
}

func TestInputInEveryEncodingOfPowerShell(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	for input, want := range map[string]string{
		"mog_key\r\n":                               "mog_key",
		"\ufeffmog_key\r\n":                         "mog_key",
		inUTF16(little, "\ufeffmog_key\r\n"):        "mog_key",
		inUTF16(big, "\ufeffmog_key\r\n"):           "mog_key",
		inUTF16(little, "mog_key\r\n"):              "mog_key",
		inUTF16(little, "\ufeffschlüssel"):          "schlüssel",
		inUTF16(little, "\ufeffmog_key") + "\n":     "mog_key", // a line end that a shell added
		"m\x00":                                     "m",
		"mog\x00key":                                "mog\x00key", // refused later, as not a token
		"\ufeff" + strings.Repeat("k", 1000) + "\n": strings.Repeat("k", 1000),
	} {
		if got, err := checkInput([]byte(input), io.EOF); got != want || err != nil {
			t.Errorf("%q: %q, %v", input, got, err)
		}
	}
	for _, empty := range []string{"", "\ufeff", "\xff\xfe", "\xfe\xff\x00\n", "\n\x00"} {
		if _, err := checkInput([]byte(empty), io.EOF); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

// A token piped in as UTF-16 is stored.
func TestATokenFromPowerShell(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := w.service.issuePAT()
	code, _, said := w.runWith(inUTF16(binary.LittleEndian, "\ufeff"+token+"\r\n"), "login", "--with-token")
	if code != exitOK || w.token() != token {
		t.Errorf("exit %d: %s", code, said)
	}
}
