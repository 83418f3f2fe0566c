package sessionlog

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestKeys walks the list of key shapes, which a test of the app types and pastes.
func TestKeys(t *testing.T) {
	text, err := os.ReadFile("testdata/shapes.txt")
	if err != nil {
		t.Fatal(err)
	}
	shapes := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, prefix := range keyPrefixes {
		if !slices.Contains(shapes, prefix) {
			t.Errorf("%s is not in testdata/shapes.txt", prefix)
		}
	}
	for _, shape := range shapes {
		for _, around := range [][2]string{{"", ""}, {"org/", ":beta"}, {"a-", "\n"}} {
			key := around[0] + shape + "0123456789ABCDEF" + around[1]
			if !looksLikeKey(key, []string{"mog_"}) {
				t.Errorf("%q does not look like a key", key)
			}
		}
	}
}

// TestNames: the names that services list are written.
func TestNames(t *testing.T) {
	for _, name := range []string{
		"", "anthropic/claude-sonnet-4-5-20250929", "gpt-5-codex", "@cf/meta/llama-3.1-8b-instruct", "xai/grok-4", "run_01J8ZQ6M7K",
		"0b3c9d2e-51f4-4a7b-9c1d-2f3a4b5c6d7e", "task-0123456789abcdef", "ft:gpt-4o-mini:northwind::9c5a803e", "AKIA", "sk-0123456789ABCDE",
	} {
		if looksLikeKey(name, []string{"mog_", ""}) {
			t.Errorf("%q looks like a key", name)
		}
	}
}
