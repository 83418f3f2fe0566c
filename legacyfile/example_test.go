package legacyfile_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/legacyfile"
)

// A file of an older program is read as it is, and becomes today's at the first
// write. What is not a credential stays.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "auth.json")
	if err := os.WriteFile(path, []byte(`{"groq":"gsk_1","theme":"dark"}`), 0o600); err != nil {
		log.Fatal(err)
	}

	ctx, f := context.Background(), legacyfile.New(path, filepath.Join(dir, "auth.json.lock"))
	entry, found, err := f.Get(ctx, "groq")
	fmt.Printf("%s %v %v\n", entry, found, err)

	if err := f.Set(ctx, "xai", []byte(`{"type":"api_key","key":"xai-2"}`)); err != nil {
		log.Fatal(err)
	}
	names, err := f.List(ctx)
	fmt.Println(names, err)
	for _, notice := range f.Notices() {
		fmt.Fprintln(os.Stderr, notice) // such as a mode that let others read
	}
	// Output:
	// {"type":"api_key","key":"gsk_1"} true <nil>
	// [groq xai] <nil>
}

// Each entry is removed only after its copy was read back, so that it can be
// interrupted and run again.
func ExampleMigrate() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	open := func(name string) *legacyfile.File {
		return legacyfile.New(filepath.Join(dir, name), filepath.Join(dir, name+".lock"))
	}
	old, next := open("old.json"), open("new.json")
	if err := old.Set(ctx, "groq", []byte(`{"type":"api_key","key":"gsk_1"}`)); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		report, err := legacyfile.Migrate(ctx, old, next, legacyfile.Options{})
		fmt.Println(report.Moved, len(report.Failed), err)
	}
	// Output:
	// [groq] 0 <nil>
	// [] 0 <nil>
}
