package legacyfile

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzRead parses anything as a file: it never panics, and if the file parses, a
// save keeps every other value byte for byte.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "{", "\xef\xbb\xbf{}", `{"version":1,"credentials":{"mogplex":{"type":"pat","token":"mog_x"}}}`,
		`{"mogplex":{"type":"oauth","access":"a","refresh":"r","expires":1795435200000},"n":1e400}`,
		`{"OPENAI_API_KEY":"sk","tokens":{"a":[1,{"b":null}]},"last_refresh":"2026-11-23T10:00:00Z"}`,
		`{"credentials":null,"k\u0065y":"\ud800","a":"mog_"}`, `{"a":1,"a":2}`, `{"credentials":{"a":{"key":{},"key":1}}}`,
	} {
		f.Add([]byte(seed))
	}
	const name, entry = "mogplex", `{"type":"pat","token":"mog_new"}`
	f.Fuzz(func(t *testing.T, data []byte) {
		before, err := parseDocument(data)
		if at, ok := err.(*fault); ok {
			if line, column := position(textOf(data), at.offset); line < 1 || column < 1 {
				t.Fatalf("line %d, column %d", line, column)
			}
		}
		if err != nil {
			return
		}
		after, err := before.set(name, []byte(entry))
		if err != nil {
			t.Fatalf("the saved file does not parse: %v", err)
		}
		if got, _, err := after.find(name); string(got) != entry || err != nil {
			t.Fatalf("stored %s, got %s, %v", entry, got, err)
		}
		if len(before.top) > 0 && len(after.text) > len(before.text)+growth {
			t.Fatalf("%d bytes became %d", len(before.text), len(after.text))
		}
		for _, other := range before.names() {
			sameEntry(t, before, after, other, name)
		}
		same(t, others(before, name), others(after, name))
		left, _, err := after.remove(name)
		if err != nil {
			t.Fatalf("the file does not parse after remove: %v", err)
		}
		if got, _ := left.own(name); got != nil {
			t.Fatal("still there after remove")
		}
		same(t, others(before, name), others(left, name))
	})
}

// growth bounds what a save adds: the new entry, the version, the credentials
// object and three times the white space of one member.
const growth = 4 << 10

func sameEntry(t *testing.T, before, after *document, other, except string) {
	t.Helper()
	if other == except {
		return
	}
	was, _, wasErr := before.find(other)
	if was == nil && wasErr == nil {
		t.Fatalf("%q is listed but not found", other)
	}
	is, _, isErr := after.find(other)
	if !bytes.Equal(was, is) || (wasErr == nil) != (isErr == nil) {
		t.Fatalf("%q was %q, is %q", other, was, is)
	}
	if wasErr != nil {
		return
	}
	if fixed, err := canonical(other, was, false); !bytes.Equal(fixed, was) || err != nil {
		t.Fatalf("%q is canonical as %q and as %q", other, was, fixed)
	}
}

// others returns the members that a write of name must not change.
func others(d *document, name string) (all object) {
	for _, m := range d.top {
		if m.name != "version" && m.name != "credentials" && !isOldEntry(m, name) {
			all = append(all, m)
		}
	}
	return append(all, d.credentials.without(name)...)
}

// same checks that all members have the same bytes.
func same(t *testing.T, before, after object) {
	t.Helper()
	if len(before) != len(after) {
		t.Fatalf("%d members became %d", len(before), len(after))
	}
	for i := range before {
		if !bytes.Equal(before[i].key, after[i].key) || !bytes.Equal(before[i].value, after[i].value) {
			t.Fatalf("%s: %s became %s: %s", before[i].key, before[i].value, after[i].key, after[i].value)
		}
	}
}

// FuzzScanner compares the scanner with encoding/json, which limits nesting.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+10,true,false,null,"\u00e9\n"],"b":{}}`, `[`, `"\ud800"`, `01`, `-`, `1.`, `1e`, `"\x"`, `"\u12g4"`, `[1,]`,
		`{"a"}`, `{,}`, `{"a":1,}`, `tru`, `nul`, ` 1 `, "\"\x01\"", `[[[]]]`, `{"":{"":{}}}`, `]`, `[}`, `1 2`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		end, err := skipValue(data, 0)
		ours := err == nil && skipSpace(data, end) == len(data)
		if theirs := json.Valid(data); ours != theirs && len(data) < 10000 {
			t.Fatalf("accepted: %v, by encoding/json: %v", ours, theirs)
		}
		if ours {
			if o, err := parseObject(data); err == nil {
				_ = o.checkNames()
			}
		}
	})
}
