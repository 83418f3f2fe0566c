package tui

import (
	"context"
	"strings"
)

// watchRun writes a run's events until it ends. Its failure is what the app
// ends with.
func (p *plain) watchRun(id string) error {
	known := false
	err := p.work(task{doing: "Asking for the run", cut: true, do: func(ctx context.Context, say func(string)) error {
		notice := ""
		return p.Follow(ctx, id, func(u RunUpdate) {
			if !known {
				say(runText(u.Run) + "\n")
			}
			known = true
			for _, event := range u.Events {
				say(event.text(u.Run.Created) + "\n")
			}
			if u.Notice != notice && u.Notice != "" {
				say(u.Notice + "\n")
			}
			notice = u.Notice
			if u.Run.Ended {
				say(strings.TrimSpace("The run ended: "+oneLine(u.Run.Status)+". "+oneLine(u.Run.Error)) + "\n")
			}
		})
	}})
	if known && leaves(err) {
		p.ends = nil
	}
	if leaves(err) {
		return err
	}
	if err != nil {
		p.explain(err)
	}
	p.arrive()
	if known {
		return nil
	}
	return err
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
