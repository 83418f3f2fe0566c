package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
)

func (p *program) askCommand() *cli.Command {
	return &cli.Command{
		Name:      "ask",
		Usage:     "send one prompt and print the answer",
		ArgsUsage: "PROMPT",
		Description: `Sends one prompt with the active credential, and prints the answer as it
comes. If stdin is a pipe or a file, its text follows the prompt. Flags may
follow the prompt. Quote a prompt that has words with a dash, or write it
after --.

Examples:
  mogplex ask "What is a keychain?"
  git diff | mogplex ask "Review this change."
  mogplex ask --model northwind/swift-2 --json < prompt.txt`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "model", Usage: "ask the model `ID`, which `mogplex models` lists"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			return withHelp(c, p.openedWithArguments(c, func(ctx context.Context, c *cli.Context) error {
				p.catchSignals()
				return p.ask(ctx, c)
			}))
		},
	}
}

// askReport is the object of --json.
type askReport struct {
	Text         string `json:"text"`
	Model        string `json:"model"`
	FinishReason string `json:"finish_reason"`
}

func (p *program) ask(ctx context.Context, c *cli.Context) error {
	if emptyFlag(c, "model") {
		return settings.UsageError("--model is empty")
	}
	prompt, err := p.readPrompt(ctx, c.Args().Slice())
	if err != nil {
		return err
	}
	res, err := p.account.Token(ctx, auth.Query{}, time.Minute)
	p.warnBefore(err, res.Warnings)
	if err != nil {
		return err
	}
	request := chat.Request{Model: c.String("model"), Messages: []chat.Message{{Role: "user", Content: prompt}}}
	if p.json {
		return p.askForJSON(ctx, res, request)
	}
	return p.askForText(ctx, res, request)
}

// readPrompt returns the words of the command line and the text on stdin.
func (p *program) readPrompt(ctx context.Context, words []string) (string, error) {
	prompt, piped := strings.Join(words, " "), ""
	if !p.isTerminal(p.stdin) {
		var err error
		if piped, err = p.readPiped(ctx); err != nil {
			return "", err
		}
	}
	switch blank := strings.TrimSpace(prompt) == ""; {
	case blank && strings.TrimSpace(piped) == "":
		return "", settings.UsageError("the prompt is empty")
	case blank:
		return piped, nil
	case piped == "":
		return prompt, nil
	}
	return prompt + "\n\n" + piped, nil
}

// pipeLimit is the greatest size of the text on stdin, in bytes.
const pipeLimit = 4 << 20

// readPiped reads stdin to its end, without the line breaks there. Stdin may be a pipe
// that stays open, so it reports a wait.
func (p *program) readPiped(ctx context.Context) (string, error) {
	timer := time.AfterFunc(patience, func() { p.say("Reading stdin to its end; `</dev/null` sends the prompt alone.") })
	defer timer.Stop()
	read, err := readAll(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(p.stdin, pipeLimit+1)) })
	switch {
	case err != nil:
		return "", fmt.Errorf("read stdin: %w", err)
	case len(read) > pipeLimit:
		return "", settings.UsageError("the text on stdin is longer than 4 MiB")
	}
	return strings.TrimRight(decoded(read), "\r\n"), nil
}

// askForText prints the answer as it comes. A terminal gets no character that could
// control it; a pipe gets the text as it is. The output ends with a newline.
func (p *program) askForText(ctx context.Context, res auth.Result, request chat.Request) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	terminal, last := p.isTerminal(p.rawStdout()), ""
	waited := p.begin(account.AskService)
	defer waited()
	var failed error
	_, err := p.account.Prompt(ctx, res, request, func(piece string) {
		if failed != nil {
			return
		}
		waited()
		if terminal {
			piece = text.Clean(piece)
		}
		last = cmp.Or(piece, last)
		if _, failed = io.WriteString(p.stdout, piece); failed != nil {
			cancel() // the rest can't be printed
		}
	})
	if failed != nil {
		return nil // run reports it
	}
	if last != "" && !strings.HasSuffix(last, "\n") {
		fmt.Fprintln(p.stdout)
	}
	if err == nil && last == "" {
		p.say("The answer is empty.")
	}
	return err
}

func (p *program) askForJSON(ctx context.Context, res auth.Result, request chat.Request) error {
	defer p.begin(account.AskService)()
	var said strings.Builder
	answer, err := p.account.Prompt(ctx, res, request, func(piece string) { said.WriteString(piece) })
	if err != nil {
		return err
	}
	p.printJSON(askReport{said.String(), cmp.Or(answer.Model, request.Model), answer.FinishReason})
	return nil
}

// flagsFirst moves the flags of `mogplex ask` in front of the prompt, because urfave/cli
// parses no flag behind an argument. Other command lines stay as they are.
func flagsFirst(app *cli.App, args []string) []string {
	command := commandAt(app, args)
	if command == len(args) || args[command] != "ask" {
		return args
	}
	ask := app.Command("ask")
	flags, words := slices.Clone(args[:command+1]), []string{"--"}
	for i := command + 1; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			return slices.Concat(flags, words, args[i+1:])
		case slices.Contains([]string{"--help", "-help", "-h"}, arg):
			return append(flags, arg) // the library would look for help on the prompt
		case !strings.HasPrefix(arg, "-") || arg == "-":
			words = append(words, arg)
		case !needsNext(ask, arg):
			flags = append(flags, arg)
		case i+1 == len(args):
			return append(flags, arg) // the library reports the missing value
		default:
			i++
			flags = append(flags, arg, args[i])
		}
	}
	return append(flags, words...)
}

// commandAt returns the index of the command's name in a command line.
func commandAt(app *cli.App, args []string) int {
	root := &cli.Command{Flags: app.Flags}
	at := 1
	for at < len(args) && strings.HasPrefix(args[at], "-") {
		if needsNext(root, args[at]) {
			at++
		}
		at++
	}
	return min(at, len(args))
}

// needsNext reports whether the argument that follows a flag is its value.
func needsNext(at *cli.Command, flag string) bool {
	return !strings.Contains(flag, "=") && takesValue(at, flag)
}

// withAskHint adds to the error of `mogplex` off a terminal what sends a prompt there.
func (p *program) withAskHint(err error) error {
	if !errors.Is(err, auth.ErrNotSignedIn) {
		return err
	}
	return settings.HintError{Err: err, Hint: p.here().Of(err).Hint + " " + askHint}
}

const askHint = "Without a terminal, `mogplex ask PROMPT` sends a prompt."
