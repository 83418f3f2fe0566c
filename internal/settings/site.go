package settings

import "strings"

// Site is the kind of place that the program runs at, such as a desktop or an SSH
// session: whether a person sees windows that open there, and what to do if not.
type Site struct {
	Name    string // such as "ssh"
	Prompt  bool   // the keychain's unlock prompt can be seen
	Browser bool   // a browser can open

	What   string // a clause for the start of a sentence
	unlock string // how to unlock the keychain if no prompt can be seen
	signIn string // how to sign in from here without pasting; PORT stands for the callback port
}

// sites are tried in this order; the first that matches counts.
var sites = []struct {
	Site
	here func(evidence) bool
}{
	{Site{
		Name: "ci", What: "this is a CI job",
		unlock: "Unlock it in an earlier step of the job.",
		signIn: "A job has nobody to sign in: set MOGPLEX_API_KEY to a personal access token instead.",
	}, func(e evidence) bool {
		return e.on("CI") || e.set("TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")
	}},
	{Site{
		Name: "ssh", What: "this is an SSH session",
		unlock: "Log in at that computer's own screen to unlock it.",
		signIn: "Or run `ssh -L PORT:127.0.0.1:PORT HOST` on your own computer, HOST being this one, and open the address there: then there is nothing to paste.",
	}, func(e evidence) bool { return e.set("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY") }},
	{Site{
		Name: "container", What: "this is a container",
		unlock: "Unlock it outside the container.",
		signIn: "In a container that shares the host's network (`--network host`), there is nothing to paste.",
	}, func(e evidence) bool {
		return e.linux && (e.set("container", "KUBERNETES_SERVICE_HOST") || e.exists("/.dockerenv") || e.exists("/run/.containerenv"))
	}},
	{Site{
		Name: "wsl", What: "this is WSL", Browser: true,
		unlock: "Unlock it in the program that provides the keychain.",
	}, func(e evidence) bool {
		return e.linux && (e.set("WSL_DISTRO_NAME") || e.exists("/proc/sys/fs/binfmt_misc/WSLInterop"))
	}},
	{Site{
		Name: "no_display", What: "there is no display here",
		unlock: "Log in at this computer's own screen to unlock it.",
	}, func(e evidence) bool { return !e.display() }},
	{Site{Name: "desktop", Prompt: true, Browser: true}, func(evidence) bool { return true }},
}

// evidence has the facts by which a site is recognized.
type evidence struct {
	lookup func(string) (string, bool)
	exists func(path string) bool
	linux  bool
	screen bool // the system has windows without a variable such as DISPLAY
}

// set reports whether one of the variables is not empty.
func (e evidence) set(names ...string) bool {
	for _, name := range names {
		if value, _ := e.lookup(name); value != "" {
			return true
		}
	}
	return false
}

// on reports whether a boolean variable is set and true.
func (e evidence) on(name string) bool {
	value, _ := e.lookup(name)
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}

func (e evidence) display() bool { return e.screen || e.set("DISPLAY", "WAYLAND_DISPLAY") }

// siteOf recognizes the site by the system's name as in runtime.GOOS, the environment
// and the files that exist.
func siteOf(goos string, lookup func(string) (string, bool), exists func(path string) bool) Site {
	e := evidence{lookup, exists, goos == "linux", goos == "darwin" || goos == "windows"}
	for _, candidate := range sites {
		if candidate.here(e) {
			return candidate.Site.on(goos, e)
		}
	}
	panic("unreachable: the last site always matches")
}

// on adjusts a site to the system and its variables.
func (s Site) on(goos string, e evidence) Site {
	if s.Name == "container" || s.Name == "wsl" { // their windows open on the host's screen
		s.Prompt = e.display()
		s.Browser = s.Browser || e.display()
	}
	s.Browser = s.Browser || e.set("BROWSER") // set by a user whose browser works here
	if goos == "darwin" {
		s.unlock = "Unlock the keychain with `security unlock-keychain`."
	}
	return s
}

// UnlockHint returns how to unlock the keychain from here.
func (s Site) UnlockHint() string {
	if s.Prompt {
		return "Unlock it in the window that it opens, then try again."
	}
	return sentenceCase(s.What) + ": the keychain's window can't open here. " + s.unlock
}

// WhyNoBrowser returns why no browser can open here. It is empty if one can.
func (s Site) WhyNoBrowser() string {
	if s.Browser {
		return ""
	}
	return sentenceCase(s.What) + ": no browser can open here."
}

// SignInHint returns how to sign in from here without pasting, while a sign-in listens on
// the callback port. It is empty if there is nothing special to do.
func (s Site) SignInHint(port string) string { return strings.ReplaceAll(s.signIn, "PORT", port) }

// sentenceCase capitalizes the first letter of an ASCII text.
func sentenceCase(clause string) string { return strings.ToUpper(clause[:1]) + clause[1:] }
