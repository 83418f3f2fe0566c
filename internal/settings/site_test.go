package settings

import (
	"strings"
	"testing"
)

func siteFor(goos, environment, file string) Site {
	set := map[string]string{}
	for _, pair := range strings.Fields(environment) {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
	}
	lookup := func(name string) (string, bool) { value, ok := set[name]; return value, ok }
	return siteOf(goos, lookup, func(path string) bool { return path == file })
}

func TestAPromptAndABrowserOpenOnlyIfTheyCanBeSeen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		goos, env, file string
		name            string
		prompt, browser bool
	}{
		{"linux", "DISPLAY=:0", "", "desktop", true, true},
		{"linux", "WAYLAND_DISPLAY=wayland-0", "", "desktop", true, true},
		{"darwin", "", "", "desktop", true, true},
		{"windows", "", "", "desktop", true, true},
		{"linux", "", "", "no_display", false, false},
		{"linux", "DISPLAY=", "", "no_display", false, false},
		{"freebsd", "", "", "no_display", false, false},
		{"freebsd", "DISPLAY=:0", "", "desktop", true, true},
		{"linux", "BROWSER=firefox", "", "no_display", false, true},
		{"linux", "SSH_CONNECTION=1", "", "ssh", false, false},
		{"linux", "SSH_TTY=/dev/pts/1 DISPLAY=localhost:10.0", "", "ssh", false, false},
		{"darwin", "SSH_CLIENT=1", "", "ssh", false, false},
		{"windows", "SSH_CONNECTION=1", "", "ssh", false, false},
		{"linux", "SSH_CONNECTION=1 BROWSER=/vscode/browser.sh", "", "ssh", false, true}, // VS Code opens it at the other end
		{"linux", "CI=true DISPLAY=:99", "", "ci", false, false},
		{"darwin", "CI=1", "", "ci", false, false},
		{"windows", "TF_BUILD=True", "", "ci", false, false},
		{"linux", "CI=false DISPLAY=:0", "", "desktop", true, true},
		{"linux", "CI=0 DISPLAY=:0", "", "desktop", true, true},
		{"linux", "CI=true SSH_CONNECTION=1", "/.dockerenv", "ci", false, false},
		{"linux", "", "/.dockerenv", "container", false, false},
		{"linux", "", "/run/.containerenv", "container", false, false},
		{"linux", "KUBERNETES_SERVICE_HOST=10.0.0.1", "", "container", false, false},
		{"linux", "container=podman DISPLAY=:0", "", "container", true, true}, // such as toolbox
		{"linux", "SSH_CONNECTION=1", "/.dockerenv", "ssh", false, false},
		{"darwin", "container=podman", "/.dockerenv", "desktop", true, true},
		{"linux", "WSL_DISTRO_NAME=Debian", "", "wsl", false, true},
		{"linux", "WSL_DISTRO_NAME=Debian DISPLAY=:0", "", "wsl", true, true},
		{"linux", "", "/proc/sys/fs/binfmt_misc/WSLInterop", "wsl", false, true},
		{"linux", "SSH_CONNECTION=1 WSL_DISTRO_NAME=Debian", "", "ssh", false, false},
	} {
		p := siteFor(test.goos, test.env, test.file)
		if p.Name != test.name || p.Prompt != test.prompt || p.Browser != test.browser {
			t.Errorf("%s %q %q: %s, prompt %v, browser %v; want %s, %v, %v",
				test.goos, test.env, test.file, p.Name, p.Prompt, p.Browser, test.name, test.prompt, test.browser)
		}
	}
}

func TestNoHintPointsAtAWindowThatCannotOpen(t *testing.T) {
	t.Parallel()
	for _, candidate := range sites {
		for _, goos := range []string{"linux", "darwin", "windows"} {
			p := candidate.Site.on(goos, evidence{lookup: func(string) (string, bool) { return "", false }})
			if hint := p.UnlockHint(); strings.Contains(hint, "in the window") != p.Prompt || strings.Contains(hint, "  ") {
				t.Errorf("%s on %s: %q", p.Name, goos, hint)
			}
			if why := p.WhyNoBrowser(); (why == "") != p.Browser {
				t.Errorf("%s on %s: %q", p.Name, goos, why)
			}
		}
	}
	const want = "This is an SSH session: the keychain's window can't open here. Unlock the keychain with `security unlock-keychain`."
	if got := siteFor("darwin", "SSH_TTY=x", "").UnlockHint(); got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

func TestTheSignInHintFitsThePlace(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"SSH_TTY=x":        "ssh -L 24818:127.0.0.1:24818",
		"CI=true":          "MOGPLEX_API_KEY",
		"container=podman": "--network host",
		"":                 "",
		"DISPLAY=:0":       "",
	} {
		if got := siteFor("linux", env, "").SignInHint("24818"); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q; want %q", env, got, want)
		}
	}
}
