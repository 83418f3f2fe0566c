package legacyfile

import "testing"

func TestEveryShapeReadsAsVersion1(t *testing.T) {
	const oauth = `{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"2026-11-23T12:00:00Z"}`
	tests := []struct{ name, file, provider, want string }{
		{"version 1", `{"version":1,"credentials":{"mogplex":` + oauth + `}}`, "mogplex", oauth},
		{"version 1 with space", `{"credentials":{"openai":{ "type" : "api_key", "key" : "k" }}}`, "openai", `{"type":"api_key","key":"k"}`},
		{"map, milliseconds", `{"mogplex":{"type":"oauth","access":"a","refresh":"r","expires":1795435200000}}`, "mogplex", oauth},
		{"map, other order", `{"mogplex":{"type":"oauth","refresh":"r","access":"a","expires":1795435200000}}`, "mogplex",
			`{"type":"oauth","refresh_token":"r","access_token":"a","expires_at":"2026-11-23T12:00:00Z"}`},
		{"camelCase, milliseconds", `{"mogplex":{"accessToken":"a","refreshToken":"r","expiresAt":1795435200000}}`, "mogplex", oauth},
		{"camelCase, RFC 3339", `{"mogplex":{"accessToken":"a","refreshToken":"r","expiresAt":"2026-11-23T12:00:00Z"}}`, "mogplex", oauth},
		{"camelCase in credentials", `{"credentials":{"mogplex":{"accessToken":"a","refreshToken":"r","expiresAt":1795435200000}}}`, "mogplex", oauth},
		{"fractions of a second", `{"x":{"access":"a","expires":1795435200250}}`, "x", `{"type":"oauth","access_token":"a","expires_at":"2026-11-23T12:00:00.25Z"}`},
		{"type api", `{"openai":{"type":"api","key":"k"}}`, "openai", `{"type":"api_key","key":"k"}`},
		{"token", `{"mogplex":{"token":"mog_x"}}`, "mogplex", `{"type":"pat","token":"mog_x"}`},
		{"bare token", `{"mogplex":"mog_x"}`, "mogplex", `{"type":"pat","token":"mog_x"}`},
		{"bare token under another name", `{"work":"mog_x"}`, "work", `{"type":"pat","token":"mog_x"}`},
		{"type api with a token", `{"mogplex":{"type":"api","key":"mog_x"}}`, "mogplex", `{"type":"pat","token":"mog_x"}`},
		{"bare key", `{"anthropic":"sk"}`, "anthropic", `{"type":"api_key","key":"sk"}`},
		{"bare key in credentials", `{"credentials":{"acme":"sk"}}`, "acme", `{"type":"api_key","key":"sk"}`},
		{"key without type", `{"groq":{"key":"sk","note":1}}`, "groq", `{"type":"api_key","key":"sk","note":1}`},
		{"Codex key", `{"OPENAI_API_KEY":"sk","tokens":{"access_token":"no"},"last_refresh":"2026-11-23T10:00:00.123456Z"}`, "openai",
			`{"type":"api_key","key":"sk"}`},
		{"Codex key hidden by ours", `{"OPENAI_API_KEY":"sk","openai":"own"}`, "openai", `{"type":"api_key","key":"own"}`},
		{"Codex without a key", `{"OPENAI_API_KEY":null,"tokens":{"access_token":"no"}}`, "openai", ""},
		{"Codex tokens", `{"tokens":{"access_token":"no"}}`, "tokens", ""},
		{"unknown fields", `{"x":{"type":"oauth","access":"a","n":12345678901234567890.10,"u":"\u00e9<"}}`, "x",
			`{"type":"oauth","access_token":"a","n":12345678901234567890.10,"u":"\u00e9<"}`},
		{"another service's token", `{"credentials":{"mogplex@https://b.example":"t"}}`, "mogplex@https://b.example", `{"type":"pat","token":"t"}`},
		{"both places", `{"credentials":{"groq":` + key("in", early) + `},"groq":` + key("out", late) + `}`, "groq", key("in", early)},
		{"blank in credentials", `{"credentials":{"groq":{}},"groq":"out"}`, "groq", key("out", "")},
		{"unknown type in credentials", `{"credentials":{"x":{"type":"passkey","id":1}}}`, "x", `{"type":"passkey","id":1}`},
		{"unknown type at the top", `{"x":{"type":"passkey","key":"k","id":1}}`, "x", ""},
		{"a setting", `{"theme":"dark"}`, "theme", ""},
		{"a setting with a key", `{"quit":{"key":"ctrl-c"}}`, "quit", ""},
		{"a number", `{"mogplex":42}`, "mogplex", ""},
		{"blank", `{"mogplex":"  "}`, "mogplex", ""},
		{"blank access", `{"credentials":{"mogplex":{"type":"oauth","access_token":"","refresh_token":" "}}}`, "mogplex", ""},
		{"blank key", `{"credentials":{"openai":{"type":"api_key","key":""}}}`, "openai", ""},
		{"no key", `{"credentials":{"openai":{"type":"api_key"}}}`, "openai", ""},
		{"nothing", `{"credentials":{"openai":{}}}`, "openai", ""},
		{"only a refresh token", `{"x":{"type":"oauth","access":"","refresh":"r","expires":0}}`, "x",
			`{"type":"oauth","access":"","refresh_token":"r","expires_at":"1970-01-01T00:00:00Z"}`},
		{"impossible time", `{"x":{"access":"a","expires":1e300}}`, "x", `{"type":"oauth","access_token":"a","expires":1e300}`},
		{"negative time", `{"x":{"access":"a","expires":-1}}`, "x", `{"type":"oauth","access_token":"a","expires":-1}`},
		{"text for a time", `{"x":{"type":"oauth","access_token":"a","expires_at":"soon"}}`, "x", `{"type":"oauth","access_token":"a"}`},
		{"both names", `{"x":{"type":"oauth","access_token":"a","access":"old"}}`, "x", `{"type":"oauth","access_token":"a","access":"old"}`},
		{"blank canonical name", `{"x":{"type":"oauth","access_token":"","access":"a"}}`, "x", `{"type":"oauth","access_token":"a"}`},
		{"byte-order mark", "\xef\xbb\xbf" + `{"mogplex":"mog_x"}`, "mogplex", `{"type":"pat","token":"mog_x"}`},
		{"NUL in a secret", `{"mogplex":"mog_\u0000"}`, "mogplex", `{"type":"pat","token":"mog_\u0000"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.file)
			if got := get(t, f, test.provider); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if again, err := canonical(test.provider, []byte(test.want), false); string(again) != test.want || err != nil {
				t.Errorf("the canonical entry reads as %s, %v", again, err)
			}
			listed := list(t, f) == test.provider
			if listed != (test.want != "") {
				t.Errorf("listed: %v", listed)
			}
		})
	}
}
