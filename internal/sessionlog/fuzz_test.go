package sessionlog_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

// codecs write a text in ways that hide what it is. Each gives the bytes that
// stand for the secret and nothing else, where they do not depend on neighbours.
var codecs = []func(r *rand.Rand, text string) string{
	func(_ *rand.Rand, s string) string { return s },
	func(r *rand.Rand, s string) string {
		return base64.StdEncoding.EncodeToString([]byte(word(r, r.IntN(4)) + s + word(r, r.IntN(4))))
	},
	func(r *rand.Rand, s string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(word(r, r.IntN(40)) + s))
	},
	func(_ *rand.Rand, s string) string { return hex.EncodeToString([]byte(s)) },
	func(_ *rand.Rand, s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	func(_ *rand.Rand, s string) string { return url.QueryEscape(s) },
	func(r *rand.Rand, s string) string { return some(r, s, "%%%02x") },
	func(r *rand.Rand, s string) string { return some(r, s, "%%%02X") },
	func(r *rand.Rand, s string) string { return some(r, s, `\u%04x`) },
	func(r *rand.Rand, s string) string { return some(r, s, `\x%02x`) },
	func(r *rand.Rand, s string) string { return some(r, s, `\%03o`) },
	func(r *rand.Rand, s string) string { return some(r, s, "&#%d;") },
	func(r *rand.Rand, s string) string { return some(r, s, "&#x%X;") },
	func(_ *rand.Rand, s string) string { return html.EscapeString(s) },
	func(r *rand.Rand, s string) string { return some(r, strings.ReplaceAll(s, "=", "=3D"), "=%02X") },
	func(_ *rand.Rand, s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) },
	func(_ *rand.Rand, s string) string { b, _ := json.Marshal(s); return string(b) },
	func(r *rand.Rand, s string) string {
		code := base64.StdEncoding.EncodeToString([]byte(word(r, 24+r.IntN(40)) + s))
		return strings.Join([]string{code[:32], code[32:]}, []string{"\n", "\r\n ", `\r\n`}[r.IntN(3)])
	},
	func(_ *rand.Rand, s string) string { return wide(s) },
	func(_ *rand.Rand, s string) string { return base64.StdEncoding.EncodeToString([]byte(wide(s))) },
	func(_ *rand.Rand, s string) string { return fmt.Sprintf("% x", s) },
	func(_ *rand.Rand, s string) string { return fmt.Sprintf("%# x", s) },
	func(_ *rand.Rand, s string) string { return fmt.Sprint([]byte(s)) },
	func(_ *rand.Rand, s string) string { return fmt.Sprintf("%#v", []byte(s)) },
}

// numbers is the first codec that writes bytes as a list. Lists are found of the
// secret itself; encoded once more, by their length, which takes a long secret.
const numbers = 20

// wide is a text in UTF-16.
func wide(s string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// some escapes some of the bytes of a text; all of them, now and then, but for
// zeros, which HTML has no way to write.
func some(r *rand.Rand, s, verb string) string {
	share := r.IntN(4)
	var b strings.Builder
	for i := range len(s) {
		if s[i] == 0 || r.IntN(4) >= share && s[i] != '=' && s[i] != '%' && s[i] != '&' && s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		fmt.Fprintf(&b, verb, s[i])
	}
	return b.String()
}

func word(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("abcdefghijklmnopqrstuvwxyz /.,:"[r.IntN(31)])
	}
	return b.String()
}

// anySecret is a token, a key or a password: letters and digits, or anything.
func anySecret(r *rand.Rand) string {
	const token, any = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "-._~+/=!#$%&*@^(){}[]<>?|;:'\"\\ "
	letters := token
	if r.IntN(3) == 0 {
		letters += any
	}
	b := make([]byte, 8+r.IntN(60))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	b[0], b[len(b)-1] = token[r.IntN(len(token))], token[r.IntN(len(token))]
	return string(b)
}

// nest puts a text somewhere in a value.
func nest(r *rand.Rand, text string, depth int) any {
	if depth == 0 {
		return text
	}
	switch r.IntN(9) {
	case 0:
		return map[string]any{word(r, 5): nest(r, text, depth-1)}
	case 1:
		return []any{1, nest(r, text, depth-1), nil}
	case 2:
		return fmt.Errorf("outer: %w", fmt.Errorf("inner %v", nest(r, text, depth-1)))
	case 3:
		return slog.GroupValue(slog.Any("a", nest(r, text, depth-1)), slog.Int("b", 2))
	case 4:
		return []byte(text)
	case 5:
		raw, _ := json.Marshal(map[string]string{"raw": text})
		return json.RawMessage(raw)
	case 6:
		return map[string]any{text: depth}
	case 7:
		return fmt.Sprintf("%+v", struct{ A, B any }{nest(r, text, depth-1), 1})
	}
	return struct{ Value any }{nest(r, text, depth-1)}
}

// FuzzSecret: a random secret in a random place in a random encoding, or two, is
// not in the file.
func FuzzSecret(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "", "")
	}
	f.Fuzz(func(t *testing.T, seed uint64, before, after string) {
		r := rand.New(rand.NewPCG(seed, 7))
		secret := anySecret(r)
		code, how := secret, []int{}
		for range r.IntN(3) {
			n := r.IntN(len(codecs))
			if n >= numbers && (len(secret) < 24 || len(how) > 0) {
				continue
			}
			how = append(how, n)
			code = codecs[n](r, code)
		}
		if code == "" || len(code) > 8<<10 {
			return
		}
		text := before + word(r, r.IntN(20)) + code + word(r, r.IntN(20)) + after
		out := record(t, []string{"another-Secret-0000", secret}, func(log *slog.Logger, _ *sessionlog.Log) {
			switch value := nest(r, text, r.IntN(3)); r.IntN(4) {
			case 0:
				log.Info(text)
			case 1:
				log.With("with", value).Info("m")
			case 2:
				log.WithGroup("g").Info("m", text, value)
			default:
				log.Info("m", "value", value)
			}
		})
		for _, form := range forms(out, 3) {
			if strings.Contains(form, secret) || strings.Contains(form, code) {
				t.Fatalf("%q as %q (%v) is in %s", secret, code, how, out)
			}
		}
	})
}

// TestEncodedShapes: what nobody told the log has a shape in an encoding, too.
func TestEncodedShapes(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 8))
		shapes := []string{" mog_", " sk-ant-api03-", "Authorization: Bearer ", "http://127.0.0.1:1/cb?code=", " device_code=", `{"token":"`}
		mark := "MARK0aZ" + strings.ReplaceAll(hex.EncodeToString(fmt.Appendf(nil, "%x", r.Uint64())), "3", "K")
		n := r.IntN(numbers)
		code := codecs[n](r, shapes[r.IntN(len(shapes))]+mark)
		out := record(t, nil, func(log *slog.Logger, _ *sessionlog.Log) {
			log.Info("m", "value", nest(r, code, r.IntN(3)), "bytes", []byte(code))
		})
		for _, form := range forms(out, 3) {
			if strings.Contains(form, mark) || strings.Contains(form, code) {
				t.Errorf("%q (%d) is in %s", code, n, out)
				break
			}
		}
	}
}

// forms are a text and what it says once JSON strings in it are read, which is
// what a reader of the file would do first.
func forms(text string, depth int) []string {
	all := []string{text}
	if depth == 0 {
		return all
	}
	var value any
	if json.Unmarshal([]byte(text), &value) == nil {
		var walk func(any)
		walk = func(value any) {
			switch v := value.(type) {
			case string:
				if v != text {
					all = append(all, forms(v, depth-1)...)
				}
				if raw, err := base64.StdEncoding.DecodeString(v); err == nil {
					all = append(all, string(raw))
				}
			case []any:
				for _, e := range v {
					walk(e)
				}
			case map[string]any:
				for k, e := range v {
					walk(k)
					walk(e)
				}
			}
		}
		walk(value)
	}
	return all
}
