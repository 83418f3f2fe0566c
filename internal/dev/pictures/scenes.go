//go:build linux

package main

// scene describes one picture: the input of a shell, and the text to wait for.
type scene struct {
	name     string
	title    string // of the window
	alt      string // the picture in words, for screen readers
	rows     int    // of the terminal
	signedIn bool
	script   []string // a text to wait for, a text to type, and so on; the last wait ends the scene
}

var scenes = []scene{
	{
		name: "login", title: "mogplex", rows: 14,
		alt:    "mogplex, signed out: sign in with Mogplex, paste a token, or store a provider's key.",
		script: []string{"$", "mogplex\r", "Sign in with Mogplex"},
	},
	{
		name: "cockpit", title: "mogplex", rows: 18, signedIn: true,
		alt: "mogplex, signed in: who and from where, the chosen model, a prompt and its answer.",
		script: []string{"$", "mogplex\r", "Enter sends", "/models\r", "Which model", "\r", "Enter sends", question + "\r",
			"on top of main.", "", "Enter sends"}, // reappears after the answer
	},
	{
		name: "status", title: "mogplex auth status", rows: 24, signedIn: true,
		alt:    "mogplex auth status: signed in as Ada Lovelace, from the keychain, and the state of each store.",
		script: []string{"$", "mogplex auth status --check\r", "auth.json\n$"},
	},
}

// shellPrompt is green.
const shellPrompt = "\x1b[1;32m$\x1b[m "

// The prompt in the cockpit, and the answer.
const (
	question = "What does git rebase --onto main server client do?"
	answer   = `It moves part of a branch. Git takes the commits of client that are not in
server, and puts them on top of main.`
)
