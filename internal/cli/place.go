package cli

import "strings"

// place is what kind of place the command runs in: whether a window that opens
// here is seen by anybody, and what to do instead.
type place struct {
	name    string // for JSON
	what    string // a clause for the start of a sentence
	prompt  bool   // the keychain's unlock prompt can be seen
	browser bool   // a browser can open
	unlock  string // how to unlock the keychain if no prompt can be seen
	signIn  string // how to sign in if no browser can open
}

const (
	pasteAddress = "then paste here the address that it ends at"
	elsewhere    = "Open the address in a browser on another computer, " + pasteAddress + "."
)

// places are tried in this order; the first that is here counts.
var places = []struct {
	place
	here func(evidence) bool
}{
	{place{
		name: "ci", what: "this is a CI job",
		unlock: "Unlock the keychain in an earlier step of the job.",
		signIn: "Nobody can sign in here: set MOGPLEX_API_KEY, or use `mogplex login --with-token`.",
	}, func(e evidence) bool {
		return e.on("CI") || e.set("TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")
	}},
	{place{
		name: "ssh", what: "this is an SSH session",
		unlock: "Unlock the keychain at that computer's own screen: log in there once.",
		signIn: "Open the address in a browser on your own computer, " + pasteAddress + ". " +
			"Or forward the port with `ssh -L PORT:127.0.0.1:PORT HOST`, then nothing needs to be pasted.",
	}, func(e evidence) bool { return e.set("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY") }},
	{place{
		name: "container", what: "this is a container",
		unlock: "Unlock the keychain outside the container.",
		signIn: "Open the address in a browser outside the container, " + pasteAddress + ".",
	}, func(e evidence) bool {
		return e.linux && (e.set("container", "KUBERNETES_SERVICE_HOST") || e.exists("/.dockerenv") || e.exists("/run/.containerenv"))
	}},
	{place{
		name: "wsl", what: "this is WSL", browser: true,
		unlock: "Unlock the keychain with the program that keeps it.",
		signIn: elsewhere,
	}, func(e evidence) bool {
		return e.linux && (e.set("WSL_DISTRO_NAME") || e.exists("/proc/sys/fs/binfmt_misc/WSLInterop"))
	}},
	{place{
		name: "no_display", what: "there is no display here",
		unlock: "Unlock the keychain at this computer's own screen: log in there once.",
		signIn: elsewhere,
	}, func(e evidence) bool { return !e.display() }},
	{place{name: "desktop", prompt: true, browser: true}, func(evidence) bool { return true }},
}

// evidence is what a place is recognized by.
type evidence struct {
	lookup func(string) (string, bool)
	exists func(path string) bool
	linux  bool
	screen bool // the system has windows without saying so in a variable
}

// set reports that one of the variables is set to something.
func (e evidence) set(names ...string) bool {
	for _, name := range names {
		if value, _ := e.lookup(name); value != "" {
			return true
		}
	}
	return false
}

// on is set for a variable that can say no.
func (e evidence) on(name string) bool {
	value, _ := e.lookup(name)
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}

func (e evidence) display() bool { return e.screen || e.set("DISPLAY", "WAYLAND_DISPLAY") }

// placeOf recognizes the place from the system's name as in runtime.GOOS, the
// environment, and which files exist.
func placeOf(goos string, lookup func(string) (string, bool), exists func(path string) bool) place {
	e := evidence{lookup, exists, goos == "linux", goos == "darwin" || goos == "windows"}
	for _, candidate := range places {
		if candidate.here(e) {
			return candidate.place.on(goos, e)
		}
	}
	panic("unreachable: the last place is everywhere")
}

// on completes a place with what the system and its variables say.
func (p place) on(goos string, e evidence) place {
	if p.name == "container" || p.name == "wsl" { // windows of these open on the host's screen
		p.prompt = e.display()
		p.browser = p.browser || e.display()
	}
	p.browser = p.browser || e.set("BROWSER") // somebody says that this one works
	if goos == "darwin" {
		p.unlock = "Unlock the keychain with `security unlock-keychain`."
	}
	return p
}

// unlockHint says how a locked keychain is unlocked from here.
func (p place) unlockHint() string {
	if p.prompt {
		return "Unlock it in the window that it opens, then try again."
	}
	return sentenceCase(p.what) + ": no window can open here. " + p.unlock
}

// signInHint says how to sign in without a browser that opens from here.
func (p place) signInHint() string {
	if p.browser {
		return ""
	}
	return sentenceCase(p.what) + ": no browser can open here. " + p.signIn
}

// sentenceCase begins a sentence with an ASCII clause.
func sentenceCase(clause string) string { return strings.ToUpper(clause[:1]) + clause[1:] }
