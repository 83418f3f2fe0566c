package legacyfile

import (
	"bytes"
	"testing"
)

// FuzzRead reads anything as a file: it never panics, and where it parses, a
// save keeps every value that is not ours byte for byte.
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
		after, err := parseDocument(data)
		if err != nil {
			t.Fatal("it parses once only")
		}
		after.set(name, []byte(entry))
		again, err := parseDocument(after.render())
		if err != nil {
			t.Fatalf("what was written does not parse: %v", err)
		}
		if got, _ := again.find(name); string(got) != entry {
			t.Fatalf("stored %s, got %s", entry, got)
		}
		for _, other := range before.names() {
			sameEntry(t, before, again, other, name)
		}
		keeps(t, before.top, again.top, "version", "credentials", name)
		keeps(t, before.credentials, again.credentials, name)
		again.remove(name)
		if got, _ := again.find(name); got != nil {
			t.Fatal("still there after delete")
		}
	})
}

func sameEntry(t *testing.T, before, after *document, other, except string) {
	t.Helper()
	if other == except {
		return
	}
	was, _ := before.find(other)
	if was == nil {
		t.Fatalf("%q is listed and not found", other)
	}
	is, _ := after.find(other)
	if !bytes.Equal(was, is) {
		t.Fatalf("%q was %q, is %q", other, was, is)
	}
	if fixed := canonical(other, was, false); !bytes.Equal(fixed, was) {
		t.Fatalf("%q is canonical as %q and as %q", other, was, fixed)
	}
}

// keeps checks that every value but the excepted is byte for byte the same.
func keeps(t *testing.T, before, after object, except ...string) {
	t.Helper()
	for _, name := range except {
		before, after = before.without(name), after.without(name)
	}
	if len(before) != len(after) {
		t.Fatalf("%d members became %d", len(before), len(after))
	}
	for i := range before {
		if before[i].name != after[i].name || !bytes.Equal(before[i].key, after[i].key) || !bytes.Equal(before[i].value, after[i].value) {
			t.Fatalf("%s: %s became %s: %s", before[i].key, before[i].value, after[i].key, after[i].value)
		}
	}
}
