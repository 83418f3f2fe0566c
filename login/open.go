package login

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pkg/browser"

	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// openTimeout is how long a browser command has to fail. One that still runs after
// that has opened the page, because a new browser process keeps running.
const openTimeout = 3 * time.Second

var (
	errNotWebAddress = errors.New("not a web address")
	errShellScript   = errors.New("a batch file would pass the address through a shell")
	errNoDisplay     = errors.New("there is no display to open a browser on")
)

// browserError is a failure of OpenBrowser whose text names the browser.
type browserError struct{ text string }

func (e *browserError) Error() string { return e.text }

// openFailure describes a failure of [Flow.Open].
func openFailure(err error) string {
	if own := (*browserError)(nil); errors.As(err, &own) {
		return own.text
	}
	return "the browser could not be opened: " + err.Error()
}

// OpenBrowser opens an http or https address in the person's browser and returns
// within seconds. It tries the commands in $BROWSER (separated like $PATH, %s
// standing for the address) in order; if all fail, the error names them and
// nothing else is opened. Without $BROWSER it uses wslview under WSL, and the
// platform's default browser elsewhere or if there is no wslview. It passes the
// address as an argument and never through a shell, and drops the commands'
// output. It is safe for concurrent use.
func OpenBrowser(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !web.VisibleASCII(address) {
		return errNotWebAddress
	}
	chosen := os.Getenv("BROWSER")
	if commands := browserCommands(chosen, address); len(commands) > 0 {
		return runFirst(chosen, commands)
	}
	if isWSL() {
		if run([]string{"wslview", withoutQuotes(address)}) == nil {
			return nil
		}
	} else if !hasDisplay() {
		return errNoDisplay
	}
	return unlessSlow(func() error { return openDefault(address) })
}

// withoutQuotes escapes the characters of an address that mean something to PowerShell,
// to which wslview passes it in double quotes.
func withoutQuotes(address string) string {
	return strings.NewReplacer(`"`, "%22", "$", "%24", "'", "%27", "(", "%28", ")", "%29", ";", "%3B", "`", "%60").Replace(address)
}

// runFirst runs the commands of $BROWSER until one succeeds.
func runFirst(chosen string, commands [][]string) error {
	var last error
	for _, command := range commands {
		if last = run(command); last == nil {
			return nil
		}
	}
	return &browserError{fmt.Sprintf("BROWSER (%s) could not be started: %s", text.Shorten(text.Line(chosen), 100), startFailure(last))}
}

// startFailure describes why a program failed in plainer words than package exec.
func startFailure(err error) string {
	var (
		exit  *exec.ExitError
		errno syscall.Errno
	)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "there is no such program"
	case errors.Is(err, fs.ErrPermission):
		return "it is not a program that you may run"
	case errors.As(err, &exit):
		return "it ended with " + exit.String()
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}

// browserCommands parses $BROWSER. Each command is the path of a program, which
// may contain spaces, or a program and its arguments separated by spaces.
func browserCommands(value, address string) [][]string {
	var commands [][]string
	for _, entry := range strings.Split(value, string(os.PathListSeparator)) {
		command := strings.Fields(entry)
		if len(command) == 0 {
			continue
		}
		if _, err := exec.LookPath(strings.TrimSpace(entry)); err == nil {
			command = []string{strings.TrimSpace(entry)}
		}
		named := false
		for i := 1; i < len(command); i++ {
			named = named || strings.Contains(command[i], "%s")
			command[i] = strings.ReplaceAll(command[i], "%s", address)
		}
		if !named {
			command = append(command, address)
		}
		commands = append(commands, command)
	}
	return commands
}

// run runs a browser command, which Ctrl-C on this terminal does not reach.
func run(command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	switch strings.ToLower(filepath.Ext(cmd.Path)) {
	case ".bat", ".cmd":
		return errShellScript
	}
	detach(cmd)
	return unlessSlow(cmd.Run)
}

// unlessSlow returns the result of f, or nil after openTimeout.
func unlessSlow(f func() error) error {
	result := make(chan error, 1)
	go func() { result <- f() }()
	timer := time.NewTimer(openTimeout)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		return nil
	}
}

// silenceBrowser makes pkg/browser's commands print to the null device. io.Discard
// would need a pipe, which the browser holds open and exec waits for.
var silenceBrowser = sync.OnceValue(func() error {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the null device: %w", err)
	}
	browser.Stdout, browser.Stderr = null, null
	return nil
})

func openDefault(address string) error {
	if err := silenceBrowser(); err != nil {
		return err
	}
	return browser.OpenURL(address)
}

// hasDisplay reports whether there is a display. Without one, xdg-open would start
// a text browser in this terminal.
func hasDisplay() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// isWSL reports whether this is Linux under Windows, whose browser is outside.
func isWSL() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	_, err := os.Stat("/proc/sys/fs/binfmt_misc/WSLInterop")
	return err == nil || os.Getenv("WSL_DISTRO_NAME") != ""
}
