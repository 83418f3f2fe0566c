package sessionlog_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

// BenchmarkLine compares a log with slog alone, both to a file. The two take turns,
// so that other work on the machine hits both, and the least of many turns counts.
// share is what redaction adds, in percent of the plain line; look is the search alone.
func BenchmarkLine(b *testing.B) {
	prose := strings.Repeat("the keychain was locked after some seconds and nobody could open it, so ", 30)[:2<<10]
	for name, attrs := range map[string][]slog.Attr{
		"short": {slog.String("origin", "https://mogplex.com"), slog.Int("status", 200), slog.Int("count", 31),
			slog.Duration("took", 120*time.Millisecond), slog.String("run", "run_01J8ZQ6M7K")},
		"quoted": {slog.String("error", `open "/home/ada/.mogplex/x": permission denied`), slog.Int("status", 200)},
		"groups": {slog.Group("request", "method", "GET", "path", "/api/v1/models", slog.Group("client", "name", "cli", "version", "1.2.3")),
			slog.Group("answer", "status", 200, "took", time.Second)},
		"long": {slog.String("text", prose)},
	} {
		b.Run(name, func(b *testing.B) { share(b, attrs) })
	}
}

func share(b *testing.B, attrs []slog.Attr) {
	f, err := os.OpenFile(filepath.Join(b.TempDir(), "plain"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	l, err := sessionlog.Open(b.TempDir(), sessionlog.Options{Prefixes: prefixes, MaxSize: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for i := range 5 {
		l.AddSecret(fmt.Sprintf("q7RMARKx9ZtB2wLk5VdYh8Np%03dAcTs0fLwQeJmUg4Xz", i*7919%997))
	}
	ctx := context.Background()
	plain := slog.New(slog.NewJSONHandler(f, nil))
	plain.LogAttrs(ctx, slog.LevelInfo, "models fetched", attrs...)
	line, err := os.ReadFile(f.Name())
	if err != nil {
		b.Fatal(err)
	}
	const turn = 200 // lines
	least := []time.Duration{time.Hour, time.Hour, time.Hour}
	steps := []func(){
		func() { plain.LogAttrs(ctx, slog.LevelInfo, "models fetched", attrs...) },
		func() { l.Logger().LogAttrs(ctx, slog.LevelInfo, "models fetched", attrs...) },
		func() { l.Look(line) },
	}
	for b.Loop() {
		for i, step := range steps {
			start := time.Now()
			for range turn {
				step()
			}
			least[i] = min(least[i], time.Since(start)/turn)
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, unit := range []string{"plain-ns", "redacted-ns", "look-ns"} {
		b.ReportMetric(float64(least[i]), unit)
	}
	b.ReportMetric(100*float64(least[1]-least[0])/float64(least[0]), "share-%")
	b.ReportMetric(100*float64(least[2])/float64(least[0]), "look-%")
}

// BenchmarkAddSecret tells the fiftieth secret.
func BenchmarkAddSecret(b *testing.B) {
	secret := func(i int) string { return fmt.Sprintf("%dq7RMARKx9ZtB2wLk5VdYh8NpAcTs0fLwQeJmUg4Xz", i) }
	for b.Loop() {
		b.StopTimer()
		l, err := sessionlog.Open(b.TempDir(), sessionlog.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 49 {
			l.AddSecret(secret(i))
		}
		b.StartTimer()
		l.AddSecret(secret(49))
	}
}
