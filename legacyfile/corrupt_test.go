package legacyfile

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestACorruptFileIsReportedWithLineAndColumn(t *testing.T) {
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
		{"our objects twice", `{"credentials":{},` + "\n" + `"credentials":{"a":"` + mark + `"}}`, 2, 1},
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
				t.Error("found or removed an entry of a corrupt file")
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
				t.Error("the directory changed")
			}
		})
	}
}

func TestSetBacksUpACorruptFile(t *testing.T) {
	f := newFile(t, "")
	f.now = func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	for i, suffix := range []string{"", "-2", "-3"} {
		broken := strings.Repeat("{", i+1)
		write(t, f, broken)
		set(t, f, "groq", key("g", ""))
		backup := f.path + ".corrupt-20261123T120000Z" + suffix
		data, err := os.ReadFile(backup)
		must(t, err)
		if string(data) != broken || get(t, f, "groq") != key("g", "") {
			t.Errorf("backed up: %q", data)
		}
		notices := f.Notices()
		if len(notices) != 1 || !strings.Contains(notices[0], backup) {
			t.Errorf("notices: %q", notices)
		}
	}
	if left := f.Notices(); len(left) != 0 {
		t.Errorf("reported twice: %q", left)
	}
	if backups := f.BackedUp(); len(backups) != 3 || backups[0] != f.path+".corrupt-20261123T120000Z" {
		t.Errorf("the backups are %q", backups)
	}
}

func TestACorruptFileStaysIfTheSaveFails(t *testing.T) {
	f := newFile(t, "{")
	err := f.Set(context.Background(), "a", []byte(key(strings.Repeat("x", maxSize), "")))
	if !errors.Is(err, ErrTooLarge) || content(t, f) != "{" {
		t.Errorf("got %v", err)
	}
	if backups := f.BackedUp(); len(backups) != 0 || len(f.Notices()) != 0 {
		t.Errorf("backed up: %v", backups)
	}
}

func TestACorruptEntryHidesNoOther(t *testing.T) {
	const mark = "SECRETMARK"
	tests := []struct {
		name, file   string
		line, column int
	}{
		{"twice", `{"xai":"x","groq":"` + mark + `",` + "\n" + `"gr\u006fq":"b"}`, 2, 1},
		{"twice in credentials", "{\"xai\":\"x\",\"credentials\":{\"groq\":\"a\",\n\"groq\":\"" + mark + "\"}}", 2, 1},
		{"field twice", "{\"xai\":\"x\",\"credentials\":{\"groq\":{\"key\":\"x\",\n \"key\":\"" + mark + "\"}}}", 2, 2},
		{"field twice at the top", "{\"xai\":\"x\",\"groq\":{\"key\":\"x\",\n \"key\":\"" + mark + "\"}}", 2, 2},
		{"not UTF-8", "{\"xai\":\"x\",\n\"groq\":\"" + mark + "\xff\"}", 2, 19},
		{"nested too deep", "{\"xai\":\"x\",\n\"groq\":{\"key\":\"k\",\"a\":" + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}}", 2, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFile(t, test.file)
			entry, found, err := f.Get(context.Background(), "groq")
			at, ok := errors.AsType[*CorruptError](err)
			if !ok || at.Line != test.line || at.Column != test.column || strings.Contains(err.Error(), mark) {
				t.Fatalf("got %v, want line %d, column %d", err, test.line, test.column)
			}
			if !found || len(entry) == 0 || get(t, f, "xai") != key("x", "") || list(t, f) != "groq xai" {
				t.Errorf("%q, listed %s", entry, list(t, f))
			}
			must(t, f.Update(context.Background(), "groq", func(current []byte) ([]byte, error) {
				if string(current) != string(entry) {
					t.Errorf("Update sees %q, Get %q", current, entry)
				}
				return []byte(key("new", "")), nil
			}))
			if get(t, f, "groq") != key("new", "") || get(t, f, "xai") != key("x", "") || len(f.BackedUp()) != 1 {
				t.Errorf("left %s", content(t, f))
			}
		})
	}
}
