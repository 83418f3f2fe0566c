package account

import (
	"net/http"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// Only mogplex.com and a development service may lack metadata.
func TestWhichServiceMustHaveMetadata(t *testing.T) {
	t.Parallel()
	described, err := readConfig("config.toml", []byte("[[service]]\norigin = 'http://127.0.0.1:9'\nclient_id = 'c'"))
	if err != nil {
		t.Fatal(err)
	}
	a := &Account{client: func() *http.Client { return nil }}
	a.config = described
	for origin, want := range map[string]bool{
		auth.DefaultOrigin: false, "http://127.0.0.1:8": false, "http://127.0.0.1:9": true, "https://id.example": true,
	} {
		if got := a.loginClient(origin); got.RequireMetadata != want {
			t.Errorf("%s: %v", origin, got.RequireMetadata)
		}
	}
}
