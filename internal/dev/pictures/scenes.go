//go:build linux

package main

import (
	"context"

	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// scene is a picture: what is typed on a terminal, and when it is taken.
type scene struct {
	name     string
	title    string // of the window
	tells    string // what is to be seen, for those who don't see it
	rows     int    // of the terminal
	signedIn bool
	act      func(ctx context.Context, at *terminal.Terminal) error
}

var scenes = []scene{
	{
		name: "login", title: "mogplex", rows: 14,
		tells: "mogplex, signed out: sign in with Mogplex, paste a token, or store a provider's key.",
		act: func(ctx context.Context, at *terminal.Terminal) error {
			return steps(ctx, at, "$", "mogplex\r", "Sign in with Mogplex")
		},
	},
	{
		name: "cockpit", title: "mogplex", rows: 18, signedIn: true,
		tells: "mogplex, signed in: who and from where, a model that was picked, a prompt and its answer.",
		act: func(ctx context.Context, at *terminal.Terminal) error {
			err := steps(ctx, at, "$", "mogplex\r", "Enter sends", "/models\r", "Which model", "\r", "Enter sends",
				question+"\r", "on top of main.")
			if err != nil {
				return err
			}
			return at.WaitFor(ctx, "Enter sends") // the answer is whole
		},
	},
	{
		name: "status", title: "mogplex auth status", rows: 24, signedIn: true,
		tells: "mogplex auth status: signed in as Ada Lovelace, from the keychain, and where it was looked for.",
		act: func(ctx context.Context, at *terminal.Terminal) error {
			return steps(ctx, at, "$", "mogplex auth status --check\r", "auth.json\n$")
		},
	},
}

// prompt is the shell's, in green.
const prompt = "\x1b[1;32m$\x1b[m "

// What is asked in the cockpit, and the answer.
const (
	question = "What does git rebase --onto main server client do?"
	answer   = `It moves part of a branch. Git takes the commits of client that are not in
server, and puts them on top of main.`
)

// steps waits for a text and types the next, in turn.
func steps(ctx context.Context, at *terminal.Terminal, texts ...string) error {
	for i, text := range texts {
		var err error
		if i%2 == 0 {
			err = at.WaitFor(ctx, text)
		} else {
			err = at.Type(text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
