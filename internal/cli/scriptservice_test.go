package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// services holds the running services of all scripts, by address.
var services sync.Map

// deferred gives a script the Cleanup of a test.
type deferred struct{ *testscript.TestScript }

func (d deferred) Cleanup(f func()) { d.Defer(f) }

// fail clear, or fail WORD...: from now on the service has the fault that the words of
// accountserver.ParseFault describe, or none.
func failService(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "clear" {
		serviceOf(ts).ClearFaults()
		return
	}
	fault, err := accountserver.ParseFault(args...)
	ts.Check(err)
	serviceOf(ts).Fail(fault)
}

// seed AGE FILE writes an auth.json with a session whose access token expires AGE from
// now, and its tokens into the files access and refresh.
func seedFile(ts *testscript.TestScript, _ bool, args []string) {
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	access, refresh, err := serviceOf(ts).seedFile(ts.MkAbs(args[1]), time.Now().Add(age))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("access"), []byte(access+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("refresh"), []byte(refresh+"\n"), 0o600))
}

// secret FILE... marks the contents of files as secret.
func markSecrets(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		heard.secret(strings.TrimSpace(ts.ReadFile(file)))
	}
}

// pat FILE|VARIABLE writes a new personal access token to a file, which has an
// extension, or sets an environment variable.
func makePAT(ts *testscript.TestScript, _ bool, args []string) {
	token := serviceOf(ts).issuePAT()
	if filepath.Ext(args[0]) == "" {
		ts.Setenv(args[0], token)
		return
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token+"\n"), 0o600))
}

// catalog models|servers|run FILE replaces a list of the service with the JSON in
// FILE, or adds a run.
func setCatalog(ts *testscript.TestScript, _ bool, args []string) {
	text, s := ts.ReadFile(args[1]), serviceOf(ts)
	switch args[0] {
	case "models":
		s.SetModels(text)
	case "servers":
		s.SetMCPServers(text)
	case "run":
		var run accountserver.Run
		ts.Check(json.Unmarshal([]byte(text), &run))
		s.AddRun(run)
	default:
		ts.Fatalf("catalog models|servers|run FILE")
	}
}

var fetchedAt = regexp.MustCompile(`"fetched_at":"[^"]*"`)

// aged AGE FILE makes a cached list AGE old.
func makeAged(ts *testscript.TestScript, _ bool, args []string) {
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	stamp, _ := time.Now().Add(-age).UTC().MarshalJSON()
	text := fetchedAt.ReplaceAll([]byte(ts.ReadFile(args[1])), append([]byte(`"fetched_at":`), stamp...))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}

// onDevice is a person who approves or denies the code on another device.
func onDevice(s *service, approve bool) person {
	return func(shown string) (string, error) {
		code := regexp.MustCompile(`type the code (\S+)`).FindStringSubmatch(shown)
		switch {
		case code == nil:
			return "", errors.New("no code is shown")
		case approve:
			return "", s.ApproveDevice(code[1], ada)
		}
		return "", s.DenyDevice(code[1])
	}
}
