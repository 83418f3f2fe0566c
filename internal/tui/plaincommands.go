package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// perform does what a line asks for: a slash command, or a prompt.
func (p *plain) perform(line string) error {
	cmd, argument, found, wrong := parseCommand(line)
	switch {
	case wrong != nil:
		p.tell(*wrong)
		return nil
	case !found && line == "":
		return nil
	case !found:
		return p.failed(p.prompt(line))
	}
	p.LogCommand(cmd.name)
	switch cmd.name {
	case "login":
		return p.login()
	case "logout":
		return p.logout()
	case "status":
		return p.failed(p.status())
	case "models":
		return p.failed(p.models(argument))
	case "mcp":
		return p.failed(p.servers())
	case "sync":
		return p.sync()
	case "help":
		for _, c := range commands() {
			p.say("%s: %s", c.usage(), c.help)
		}
		p.say("Ctrl+C: interrupt; twice leaves")
	case "clear":
		p.turns = nil
		p.say("The conversation is forgotten.")
	case "quit", "exit":
		return errLeave
	}
	return nil
}

// prompt sends a prompt, and writes the answer as it comes.
func (p *plain) prompt(text string) error {
	var answer strings.Builder
	conversation := Conversation{p.session.ID, p.model, append(slices.Clone(p.turns), Turn{"user", text})}
	err := p.work(task{doing: "Waiting for the answer", cut: true, do: func(ctx context.Context, say func(string)) error {
		return p.Prompt(ctx, conversation, func(piece string) {
			answer.WriteString(piece)
			say(piece)
		})
	}})
	if leaves(err) {
		return err
	}
	switch said := answer.String(); {
	case said != "":
		p.fresh()
		p.turns = append(conversation.Turns, Turn{"assistant", said})
	case err == nil:
		p.say("The answer is empty.")
	}
	p.arrive()
	return err
}

func (p *plain) status() error {
	return p.work(task{doing: "Looking at every credential", do: func(ctx context.Context, say func(string)) error {
		text, err := p.Status(ctx)
		say(strings.TrimRight(text, "\n") + "\n")
		return err
	}})
}

func (p *plain) servers() error {
	return p.work(task{doing: "Asking for the MCP servers", do: func(ctx context.Context, say func(string)) error {
		servers, err := p.Servers(ctx, false)
		if err == nil {
			say(serversText(servers, p.Explain, p.now()) + "\n")
		}
		return err
	}})
}

// models has a model picked, by its number or its name.
func (p *plain) models(name string) error {
	var models Models
	err := p.work(task{doing: "Asking for the models", do: func(ctx context.Context, _ func(string)) (err error) {
		models, err = p.Models(ctx, false)
		return err
	}})
	switch {
	case err == nil:
	case !leaves(err) && !errors.Is(err, errInterrupted) && goesUnlisted(name, p.session, p.Explain(err)):
		p.explain(err)
		p.use(name)
		return nil
	default:
		return err
	}
	if models.Stale != nil {
		p.say("%s", staleText(models.Fetched, models.Stale, p.Explain, p.now()))
	}
	switch {
	case len(models.List) == 0:
		p.tell(noModels())
		return nil
	case name == "":
		at, err := p.choose(modelRows(models.List)...)
		if err != nil || at < 0 {
			return err
		}
		name = models.List[at].ID
	default:
		if wrong := notListed(name, models.List); wrong != nil {
			p.tell(*wrong)
			return nil
		}
	}
	p.use(name)
	return nil
}

func (p *plain) use(model string) {
	p.model = model
	p.say("%s answers from now on.", model)
}

// modelRows are models as lines.
func modelRows(models []Model) []string {
	var all []string
	for _, m := range models {
		words := []string{oneLine(m.ID)}
		context, price, can := m.details()
		for _, detail := range []string{context, price, can} {
			if detail != "" {
				words = append(words, detail)
			}
		}
		all = append(all, strings.Join(words, ", "))
	}
	return all
}

// sync fetches models and MCP servers from the service.
func (p *plain) sync() error {
	fetch := func(what string, do func(context.Context) (count int, stale, err error)) error {
		return p.failed(p.work(task{doing: "Fetching " + what, do: func(ctx context.Context, say func(string)) error {
			count, stale, err := do(ctx)
			if err == nil && stale == nil {
				say(fmt.Sprintf("%s: %d, fetched just now.\n", what, count))
			} else if err == nil {
				say(what + " could not be fetched; the kept copy stays.\n")
			}
			return errors.Join(err, stale)
		}}))
	}
	err := fetch("Models", func(ctx context.Context) (int, error, error) {
		models, err := p.Models(ctx, true)
		return len(models.List), models.Stale, err
	})
	if err != nil {
		return err
	}
	return fetch("MCP servers", func(ctx context.Context) (int, error, error) {
		servers, err := p.Servers(ctx, true)
		return len(servers.List), servers.Stale, err
	})
}

// logout signs out at once. What still signs in is said.
func (p *plain) logout() error {
	var report SignedOut
	p.parting.begins()
	err := p.work(task{doing: "Signing out", do: func(ctx context.Context, _ func(string)) (err error) {
		report, err = p.SignOut(ctx)
		p.parting.ended(err)
		return err
	}})
	if p.parting.unheard() == errNotSignedOut {
		return err // it was left alone, and goes on
	}
	for _, line := range report.Lines {
		p.say("%s", line)
	}
	if report.Pending {
		p.say("The session's end at the service is tried again in the background.")
	}
	for _, name := range report.StillInEnv {
		p.say("%s still signs in; unset it to stop that.", name)
	}
	if err = p.failed(err); err != nil {
		return err
	}
	p.parting.told()
	_, err = p.lookAgain(sessionText)
	if hint := removeText(report, p.session); hint != "" {
		p.say("%s", hint)
	}
	return err
}
