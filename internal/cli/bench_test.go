package cli

import (
	"os/exec"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
)

// BenchmarkAuthToken times `mogplex auth token` as a shell prompt runs it: a
// whole process of the program as it is shipped. secret-tool reads the same
// item of the same keychain, and true is what a process costs at all.
func BenchmarkAuthToken(b *testing.B) {
	b.Run("keychain", func(b *testing.B) {
		w := realWorld(b, accountserver.Config{})
		w.seed(time.Hour, "keychain")
		b.Run("mogplex", func(b *testing.B) { w.times(b, w.mogplex, "auth", "token") })
		b.Run("secret-tool", func(b *testing.B) {
			w.times(b, "secret-tool", "lookup", "service", keychainService, "username", "mogplex")
		})
	})
	b.Run("file", func(b *testing.B) {
		w := realWorld(b, accountserver.Config{})
		w.seed(time.Hour, "file")
		w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
		w.times(b, w.mogplex, "auth", "token")
	})
	b.Run("environment", func(b *testing.B) {
		w := realWorld(b, accountserver.Config{})
		w.env = append(w.env, "MOGPLEX_API_KEY="+w.service.issuePAT())
		w.times(b, w.mogplex, "auth", "token")
	})
	b.Run("true", func(b *testing.B) { (&world{TB: b}).times(b, "true") })
}

// times runs a program over and over; it has to print something and succeed.
func (w *world) times(b *testing.B, program string, args ...string) {
	if _, err := exec.LookPath(program); err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		cmd := exec.Command(program, args...)
		cmd.Env = w.env
		out, err := cmd.Output()
		if err != nil || len(out) == 0 && len(args) > 0 {
			b.Fatalf("%s: %v", program, err)
		}
	}
}
