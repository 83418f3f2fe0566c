package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// fail clear, or fail KEY=VALUE...: the service misbehaves from now on.
func failService(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "clear" {
		serviceOf(ts).ClearFaults()
		return
	}
	var fault accountserver.Fault
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		var err error
		switch key {
		case "path":
			fault.Path = value
		case "grant":
			fault.Grant = value
		case "status":
			fault.Status, err = strconv.Atoi(value)
		case "times":
			fault.Times, err = strconv.Atoi(value)
		case "delay":
			fault.Delay, err = time.ParseDuration(value)
		case "x-retry-after":
			fault.XRetryAfter = value
		case "html":
			fault.HTML = true
		case "drop":
			fault.Drop = true
		case "lost":
			fault.DropAfterProcessing = true
		case "truncate":
			fault.Truncate = true
		default:
			ts.Fatalf("fail: what is %s?", arg)
		}
		ts.Check(err)
	}
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
