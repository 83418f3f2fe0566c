package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCorruptIsReportedWithItsPlace(t *testing.T) {
	const mark = "SECRETMARK"
	tests := []struct {
		name, file   string
		line, column int
	}{
		{"cut off", `{"mogplex":"` + mark, 1, 22},
		{"trailing garbage", "{\"mogplex\":\"" + mark + "\"}\n x", 2, 2},
		{"second document", `{"a":"` + mark + `"}{}`, 1, 19},
		{"stray text", "{\n  \"é\": " + mark + "\n}", 2, 8},
		{"byte-order mark", "\xef\xbb\xbf[\"" + mark + "\"]", 1, 1},
		{"array", "\n [\"" + mark + "\"]", 2, 2},
		{"string", `"` + mark + `"`, 1, 1},
		{"null", `null`, 1, 1},
		{"zeros", strings.Repeat("\x00", 64), 1, 1},
		{"NUL in a string", "{\"a\":\"" + mark + "\x00\"}", 1, 17},
		{"UTF-16", "\xff\xfe{\x00}\x00", 1, 1},
		{"not UTF-8", "{\"a\":\"" + mark + "\xff\"}", 1, 17},
		{"nested too deep", `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, 1, 10005},
		{"name twice", `{"groq":"` + mark + `","groq":"b"}`, 1, 22},
		{"name twice, escaped", `{"groq":"` + mark + `",` + "\n" + `"gr\u006fq":"b"}`, 2, 1},
		{"name twice in credentials", "{\"credentials\":{\"a\":1,\n\"a\":2}}", 2, 1},
		{"name twice in an entry", "{\"credentials\":{\"a\":{\"key\":\"x\",\n \"key\":\"" + mark + "\"}}}", 2, 2},
		{"name twice in an old entry", "{\"a\":{\"key\":\"x\",\n \"key\":\"" + mark + "\"}}", 2, 2},
		{"credentials is no object", "{\n\"credentials\": [\"" + mark + "\"]}", 2, 16},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.file)
			before := snapshot(t, f)
			_, found, getErr := f.Get(context.Background(), "groq")
			_, listErr := f.List(context.Background())
			removed, deleteErr := f.Delete(context.Background(), "groq")
			if found || removed {
				t.Error("found something")
			}
			for _, err := range []error{getErr, listErr, deleteErr} {
				at, ok := errors.AsType[*CorruptError](err)
				if !ok || !errors.Is(err, ErrCorrupt) {
					t.Fatalf("got %v", err)
				}
				if at.Line != test.line || at.Column != test.column || strings.Contains(err.Error(), mark) {
					t.Errorf("got %v, want line %d, column %d", err, test.line, test.column)
				}
			}
			after := snapshot(t, f)
			if len(before) != len(after) || before[f.path] != after[f.path] {
				t.Error("something was touched")
			}
		})
	}
}

func TestSetPutsACorruptFileAside(t *testing.T) {
	f := newFile(t, "")
	f.now = func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	for i, suffix := range []string{"", "-2", "-3"} {
		broken := strings.Repeat("{", i+1)
		write(t, f, broken)
		set(t, f, "groq", key("g", ""))
		aside := f.path + ".corrupt-20261123T120000Z" + suffix
		data, err := os.ReadFile(aside)
		must(t, err)
		if string(data) != broken || get(t, f, "groq") != key("g", "") {
			t.Errorf("aside: %q", data)
		}
		notices := f.Notices()
		if len(notices) != 1 || !strings.Contains(notices[0], aside) {
			t.Errorf("notices: %q", notices)
		}
	}
	if left := f.Notices(); len(left) != 0 {
		t.Errorf("said twice: %q", left)
	}
	if aside := f.PutAside(); len(aside) != 3 || aside[0] != f.path+".corrupt-20261123T120000Z" {
		t.Errorf("they are forgotten: %q", aside)
	}
}

func TestCorruptFileStaysWhereTheSaveFails(t *testing.T) {
	f := newFile(t, "{")
	err := f.Set(context.Background(), "a", []byte(key(strings.Repeat("x", maxSize), "")))
	if !errors.Is(err, ErrTooLarge) || content(t, f) != "{" {
		t.Errorf("got %v", err)
	}
	if aside, _ := filepath.Glob(f.path + ".corrupt*"); len(aside) != 0 || len(f.Notices()) != 0 {
		t.Errorf("put aside: %v", aside)
	}
}

// The file was replaced, and it is not certain that it stays so. What was put
// aside is the only copy of what could not be parsed.
func TestCorruptFileThatWasReplacedStaysAside(t *testing.T) {
	f := newFile(t, "{")
	broken := errors.New("the disk failed")
	f.syncDir = func(string) error { return broken }
	if err := f.Set(context.Background(), "groq", []byte(key("g", ""))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	aside, _ := filepath.Glob(f.path + ".corrupt*")
	if len(aside) != 1 || len(f.Notices()) != 1 {
		t.Fatalf("put aside: %v", aside)
	}
	if data, err := os.ReadFile(aside[0]); string(data) != "{" {
		t.Errorf("aside: %q, %v", data, err)
	}
}
