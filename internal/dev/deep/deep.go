// Package deep says which tests run.
//
// `go test ./...` runs what a person who changes the code waits for. MOGPLEX_DEEP=1, which .ci/run sets, adds the slow
// tests: kills at every step, hundreds of processes, a thousand profiles, Wine, KWallet, KeePassXC, Chromium and the
// stand-in for macOS. It also turns the skip of a test whose program is not installed into a failure.
package deep

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

func on() bool { return os.Getenv("MOGPLEX_DEEP") != "" }

// Only skips a slow test unless MOGPLEX_DEEP is set.
func Only(t testing.TB) {
	t.Helper()
	if !on() {
		t.Skip("slow: runs with MOGPLEX_DEEP=1")
	}
}

// Choose returns many if MOGPLEX_DEEP is set, else few.
func Choose[T any](many, few T) T {
	if on() {
		return many
	}
	return few
}

// Missing skips a test that lacks something on this machine. With MOGPLEX_DEEP it fails the test.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if on() {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// Parallel sets how many tests of a package run at once, unless -parallel does. A package whose tests wait for processes
// more than they compute calls it from TestMain.
func Parallel(tests int) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		_ = flag.Set("test.parallel", strconv.Itoa(tests))
	}
}
