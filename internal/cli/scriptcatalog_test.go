package cli

import (
	"encoding/json"
	"os"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// catalog models|servers|run FILE replaces what the service has by what a file
// of JSON says.
func setCatalog(ts *testscript.TestScript, _ bool, args []string) {
	text, s := []byte(ts.ReadFile(args[1])), serviceOf(ts)
	switch args[0] {
	case "models":
		var models []accountserver.Model
		ts.Check(json.Unmarshal(text, &models))
		s.SetModels(models...)
	case "servers":
		var servers []accountserver.MCPServer
		ts.Check(json.Unmarshal(text, &servers))
		s.SetMCPServers(servers...)
	case "run":
		var run accountserver.Run
		ts.Check(json.Unmarshal(text, &run))
		s.AddRun(run)
	default:
		ts.Fatalf("catalog models|servers|run FILE")
	}
}

var fetchedAt = regexp.MustCompile(`"fetched_at":"[^"]*"`)

// aged AGE FILE makes a kept copy in the clear that old.
func makeAged(ts *testscript.TestScript, _ bool, args []string) {
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	stamp, _ := time.Now().Add(-age).UTC().MarshalJSON()
	text := fetchedAt.ReplaceAll([]byte(ts.ReadFile(args[1])), append([]byte(`"fetched_at":`), stamp...))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}
