package account

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// Only mogplex.com and a development service may lack metadata.
func TestWhichServiceMustHaveMetadata(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	described := "[[service]]\norigin = 'http://127.0.0.1:9'\nclient_id = 'c'"
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(described), 0o600); err != nil {
		t.Fatal(err)
	}
	a := openAccount(t, "MOGPLEX_HOME="+dir)
	for origin, want := range map[string]bool{
		auth.DefaultOrigin: false, "http://127.0.0.1:8": false, "http://127.0.0.1:9": true, "https://id.example": true,
	} {
		if got := a.loginClient(origin); got.RequireMetadata != want {
			t.Errorf("%s: %v", origin, got.RequireMetadata)
		}
	}
}
