package plain

import (
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// StartFailed implements [talk.Front].
func (p *plain) StartFailed(problem talk.Problem) {
	p.problem(problem)
	p.choose("start", []string{"Try again", "Sign in", "Leave"}, p.talk.Start, func(i int) {
		[]func(){p.talk.Start, p.talk.StartAnyway, p.talk.Leave}[i]()
	})
}

// Started implements [talk.Front].
func (p *plain) Started() { p.question = nil }

// Say implements [talk.Front]. What was typed is on the terminal already.
func (p *plain) Say(kind talk.Kind, text string) {
	switch kind {
	case talk.Prompted:
	case talk.Failed:
		p.line("Error: " + text)
	case talk.Warned:
		p.line("Warning: " + text)
	default:
		p.line(text)
	}
}

// Answer implements [talk.Front].
func (p *plain) Answer(piece string, first bool) {
	if first {
		p.endLine()
	}
	p.write(piece)
}

// Clear implements [talk.Front].
func (p *plain) Clear() { p.line("The conversation is forgotten.") }

// Help implements [talk.Front].
func (p *plain) Help(rows [][2]string) {
	for _, row := range append(rows, [2]string{"Ctrl+C", "interrupt; twice leaves"}) {
		p.line(row[0] + ": " + row[1])
	}
}

// ChooseModel implements [talk.Front].
func (p *plain) ChooseModel(models []talk.Model, note string) {
	if note != "" {
		p.line(note)
	}
	var rows []string
	for _, m := range models {
		row := text.Line(m.ID)
		context, price, can := m.Details()
		for _, detail := range []string{context, price, can} {
			if detail != "" {
				row += ", " + detail
			}
		}
		rows = append(rows, row)
	}
	p.choose("model", rows, func() {}, func(i int) { p.talk.Use(models[i].ID) })
}

// Adopted implements [talk.Front].
func (p *plain) Adopted() {
	if p.question.is("model") {
		p.question = nil
	}
}

// SignInNews implements [talk.Front].
func (p *plain) SignInNews(news talk.SignInNews) {
	switch {
	case news.Prompt != nil:
		p.showAddress(*news.Prompt)
	case news.Reject != nil:
		p.line(strings.TrimSpace(news.Reject.Text + " " + news.Reject.Hint))
	case !news.Until.IsZero():
		p.line(until(news.Until))
	default:
		p.line(news.Notice)
	}
}

// showAddress writes what a person needs to sign in. The address is alone on its line.
func (p *plain) showAddress(prompt talk.SignInPrompt) {
	p.line(prompt.Lead())
	p.line(prompt.URL)
	if prompt.UserCode != "" {
		p.line(prompt.CodeText())
	}
	paste, stop := talk.PasteText, "Ctrl+C stops."
	if p.unseen {
		paste += " It is not shown."
	}
	p.line(paste)
	if !prompt.Deadline.IsZero() {
		stop = until(prompt.Deadline) + " " + stop
	}
	p.line(stop)
}

func until(end time.Time) string {
	return "Waiting for you until " + end.Local().Format("15:04:05") + "."
}

// Watch implements [talk.Front].
func (p *plain) Watch(*talk.Run) {}

// SayRun implements [talk.Front].
func (p *plain) SayRun(kind talk.Kind, text string) { p.Say(kind, text) }

// RunStopped implements [talk.Front].
func (p *plain) RunStopped() { p.talk.LeaveRun() }
