package keyring_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

func BenchmarkGet(b *testing.B) {
	program := filepath.Join(b.TempDir(), "get") // built before the session changes HOME, which has the build cache
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "./testdata/get")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	session(b, keyringtest.Options{})
	k := open(keyring.Options{})
	if err := k.Set(context.Background(), "a", []byte(strings.Repeat("t", 600))); err != nil {
		b.Fatal(err)
	}
	b.Run("open connection", func(b *testing.B) { benchmarkGet(b, k) })
	b.Run("new connection", func(b *testing.B) {
		for b.Loop() {
			k := open(keyring.Options{})
			if _, found, err := k.Get(context.Background(), "a"); !found || err != nil {
				b.Fatal(err)
			}
			k.Close()
		}
	})
	b.Run("whole program", func(b *testing.B) { benchmarkProgram(b, program) })
}

func benchmarkGet(b *testing.B, k *keyring.Keyring) {
	for b.Loop() {
		if _, found, err := k.Get(context.Background(), "a"); !found || err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkProgram runs a program that reads one item in turn with one that has go-keyring read it, and reports the
// medians and their ratio.
func benchmarkProgram(b *testing.B, program string) {
	took := map[string][]time.Duration{}
	for b.Loop() {
		for _, how := range []string{"keyring", "go-keyring"} {
			started := time.Now()
			if out, err := exec.Command(program, how, "mogplex-test", "a").CombinedOutput(); err != nil {
				b.Fatalf("%s: %v: %s", how, err, out)
			}
			took[how] = append(took[how], time.Since(started))
		}
	}
	median := func(how string) float64 {
		slices.Sort(took[how])
		return took[how][len(took[how])/2].Seconds() * 1000
	}
	ours, theirs := median("keyring"), median("go-keyring")
	b.ReportMetric(ours, "ms/keyring")
	b.ReportMetric(theirs, "ms/go-keyring")
	b.ReportMetric(ours/theirs, "ratio")
}
