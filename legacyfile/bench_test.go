package legacyfile

import (
	"context"
	"testing"
)

func BenchmarkGet(b *testing.B) {
	f := newFile(b, `{"version":1,"credentials":{"mogplex":{"type":"oauth","access_token":"a","refresh_token":"r","expires_at":"`+late+`"},"openai":`+key("k", early)+`}}`)
	for b.Loop() {
		if _, found, err := f.Get(context.Background(), "mogplex"); !found || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSet(b *testing.B) {
	f := newFile(b, "")
	entry := []byte(key("k", early))
	for b.Loop() {
		if err := f.Set(context.Background(), "openai", entry); err != nil {
			b.Fatal(err)
		}
	}
}
