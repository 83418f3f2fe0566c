package legacyfile_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/legacyfile"
)

// Get reads the file of an older program. The first write converts it, and keeps data
// other than credentials.
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

	ctx, f := context.Background(), legacyfile.New(path, legacyfile.Options{})
	entry, found, err := f.Get(ctx, "groq")
	fmt.Printf("%s %v %v\n", entry, found, err)

	// Update passes the current entry to the function, whose error ends it.
	err = f.Update(ctx, "groq", func(current []byte) ([]byte, error) {
		if string(current) != `{"type":"api_key","key":"gsk_1"}` {
			return nil, errors.New("another program changed it")
		}
		return []byte(`{"type":"api_key","key":"gsk_2"}`), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := f.Set(ctx, "xai", []byte(`{"type":"api_key","key":"xai-2"}`)); err != nil {
		log.Fatal(err)
	}
	names, err := f.List(ctx)
	fmt.Println(names, err)
	for _, notice := range f.Notices() {
		fmt.Fprintln(os.Stderr, notice) // such as a file that others could read
	}
	data, _ := os.ReadFile(path)
	fmt.Println(string(data))
	// Output:
	// {"type":"api_key","key":"gsk_1"} true <nil>
	// [groq xai] <nil>
	// {"version":1,"credentials":{"groq":{"type":"api_key","key":"gsk_2"},"xai":{"type":"api_key","key":"xai-2"}},"theme":"dark"}
}
