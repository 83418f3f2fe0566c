package login

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/pkg/browser"
)

// openPatience is how long a browser command may take to fail. One that still
// runs then, as a browser that was not open before does, has opened the page.
const openPatience = 3 * time.Second

var (
	errNotWebAddress = errors.New("not a web address")
	errShellScript   = errors.New("a batch file would pass the address through a shell")
	errNoDisplay     = errors.New("there is no display to open a browser on")
)

// OpenBrowser opens an http or https address in the person's browser and returns
// within seconds. The commands in $BROWSER come first (separated like $PATH, %s
// standing for the address), then wslview under WSL, then the platform's default
// browser. The address is an argument of its own and meets no shell of ours; what
// the commands print is dropped. Safe for concurrent use.
func OpenBrowser(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !visibleASCII(address) {
		return errNotWebAddress
	}
	commands := browserCommands(os.Getenv("BROWSER"), address)
	wsl := isWSL()
	if wsl {
		commands = append(commands, []string{"wslview", address})
	}
	for _, command := range commands {
		if run(command) == nil {
			return nil
		}
	}
	if !wsl && !hasDisplay() {
		return errNoDisplay
	}
	return patiently(func() error { return openDefault(address) })
}

// browserCommands reads $BROWSER. Each command is the path of a program, which
// may have spaces in it, or a program and its arguments separated by spaces.
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

// run starts a browser command that outlives Ctrl-C on this terminal.
func run(command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	switch strings.ToLower(filepath.Ext(cmd.Path)) {
	case ".bat", ".cmd":
		return errShellScript
	}
	detach(cmd)
	return patiently(cmd.Run)
}

// patiently returns what f returns, or nil once f takes too long to have failed.
func patiently(f func() error) error {
	result := make(chan error, 1)
	go func() { result <- f() }()
	timer := time.NewTimer(openPatience)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		return nil
	}
}

// silenceBrowser sends what pkg/browser's commands print to the null device, and
// not to io.Discard: for that a pipe would be held open by the browser, and
// waited for.
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

// hasDisplay reports whether a browser could show itself. Without one, xdg-open
// would start a text browser in the middle of our terminal.
func hasDisplay() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// isWSL reports whether the browser is on the Windows side.
func isWSL() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	_, err := os.Stat("/proc/sys/fs/binfmt_misc/WSLInterop")
	return err == nil || os.Getenv("WSL_DISTRO_NAME") != ""
}
