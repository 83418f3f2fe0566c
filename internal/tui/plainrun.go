package tui

import (
	"context"
	"strings"
)

// follow shows the run to attach to, once somebody is signed in.
func (p *plain) follow() error {
	if p.attach == "" || !p.session.SignedIn {
		return nil
	}
	id := p.attach
	p.attach, p.ends = "", nil
	err := p.watchRun(id)
	if leaves(err) {
		return err
	}
	p.ends = err
	return nil
}

// watchRun writes a run's events until it ends. Its error says that none were
// shown, which is what the app ends with.
func (p *plain) watchRun(id string) error {
	var seen RunUpdate
	err := p.work(task{doing: "Asking for the run", cut: true, do: func(ctx context.Context, say func(string)) error {
		return p.Follow(ctx, id, func(u RunUpdate) {
			tellRun(u, seen, say)
			seen = u
		})
	}})
	if leaves(err) {
		return err
	}
	if err != nil {
		p.explain(err)
	}
	p.arrive()
	if err == nil || seen.Run.Status != "" || p.Explain(err).Gone {
		return nil
	}
	return err
}

// tellRun says what is new since the update before.
func tellRun(u, before RunUpdate, say func(string)) {
	if u.Run.Status != "" && before.Run.Status == "" {
		say(runText(u.Run) + "\n")
	}
	for _, event := range u.Events {
		say(event.text(u.Run.Created) + "\n")
	}
	if u.Notice != before.Notice && u.Notice != "" {
		say(u.Notice + "\n")
	}
	if u.Run.Ended {
		say(strings.TrimSpace("The run ended: "+oneLine(u.Run.Status)+". "+oneLine(u.Run.Error)) + "\n")
	}
}

// runText is a run in a line.
func runText(r RunState) string {
	words := []string{"Run " + oneLine(r.ID) + ": " + oneLine(r.Status)}
	for _, detail := range []struct{ name, value string }{
		{"harness", r.Harness}, {"repository", r.Repo}, {"base", r.Base}, {"branch", r.Working},
	} {
		if detail.value != "" {
			words = append(words, detail.name+" "+oneLine(detail.value))
		}
	}
	return strings.Join(words, ", ") + "."
}
