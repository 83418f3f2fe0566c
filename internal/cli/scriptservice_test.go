package cli

import (
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

// services are the scripts' running ones, by their address.
var services sync.Map

// deferred lets a script's end be cleaned up as a test's is.
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

// seed AGE FILE writes an auth.json with a session whose token ends AGE from
// now; its tokens go into the files access and refresh.
func seedFile(ts *testscript.TestScript, _ bool, args []string) {
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	access, refresh, err := serviceOf(ts).seedFile(ts.MkAbs(args[1]), time.Now().Add(age))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("access"), []byte(access+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("refresh"), []byte(refresh+"\n"), 0o600))
}

// secret FILE... marks what files hold.
func markSecrets(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		heard.secret(strings.TrimSpace(ts.ReadFile(file)))
	}
}

// pat FILE writes a fresh personal access token, or with the name alone of an
// environment variable sets it.
func makePAT(ts *testscript.TestScript, _ bool, args []string) {
	token := serviceOf(ts).issuePAT()
	if filepath.Ext(args[0]) == "" {
		ts.Setenv(args[0], token)
		return
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token+"\n"), 0o600))
}

// onDevice is a person who types the code in elsewhere.
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
