package plain

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// line writes a line.
func (p *plain) line(s string) {
	p.endLine()
	p.write(strings.TrimRight(s, "\n") + "\n")
}

// write writes a piece of text. What comes from elsewhere can't steer the terminal.
func (p *plain) write(s string) {
	if s = text.Clean(s); s != "" {
		fmt.Fprint(p.opt.Output, s)
		p.open = !strings.HasSuffix(s, "\n")
		p.asked, p.slow = false, nil
	}
}

// endLine ends a line that was begun.
func (p *plain) endLine() {
	if p.open {
		p.write("\n")
	}
}

// problem writes a failure and what to do about it.
func (p *plain) problem(problem talk.Problem) {
	p.Say(talk.Failed, problem.Text)
	if problem.Hint != "" {
		p.Say(talk.Suggested, problem.Hint)
	}
}

// question is what the next line answers.
type question struct {
	about  string
	text   string
	secret bool // the answer is not shown, if that can be
	take   func(line string)
}

func (q *question) is(about string) bool { return q != nil && q.about == about }

// lines asks for a line and returns where it comes from; nil if none is wanted.
func (p *plain) lines() <-chan line {
	if a := p.talk.Attempt(); a != nil && a.Pasting() && !p.input.ended {
		return p.input.next()
	}
	if p.running() != nil {
		return nil
	}
	prompt := "> "
	if p.question != nil {
		prompt = p.question.text
	} else if !p.greeted {
		p.greeted = true
		p.line("Type a prompt, or /help.")
	}
	if !p.asked {
		p.endLine()
		p.write(prompt)
		p.asked = true
	}
	return p.input.next()
}

// take takes a line that was typed.
func (p *plain) take(line line) {
	if a := p.talk.Attempt(); a != nil && a.Pasting() {
		p.input.ended = line.end // the sign-in goes on without
		p.talk.Paste(line.text)
		return
	}
	p.open, p.asked = false, false // the person ended it
	switch {
	case line.end:
		p.talk.Leave()
	case p.question != nil:
		p.question.take(line.text)
	default:
		p.talk.Enter(line.text)
	}
}

// choose has one of some rows picked by its number. An empty line goes back, and so does a command.
func (p *plain) choose(about string, rows []string, back func(), pick func(int)) {
	list := func() {
		for i, row := range rows {
			p.line(fmt.Sprintf("%d. %s", i+1, row))
		}
	}
	list()
	p.question = &question{about: about, text: "Number: ", take: func(line string) {
		n, err := strconv.Atoi(line)
		_, _, command, wrong := talk.Parse(line)
		switch {
		case line == "":
			p.question = nil
			back()
		case err == nil && n >= 1 && n <= len(rows):
			p.question = nil
			pick(n - 1)
		case command && wrong == nil && about != "start":
			p.question = nil
			p.talk.Enter(line)
		default:
			p.line(fmt.Sprintf("Type a number from 1 to %d, or nothing to go back.", len(rows)))
			list()
		}
	}}
}

// lines reads lines one at a time, and only when one is wanted: a secret that is typed next is not read by it. A read
// can't be cut short; its line comes with the next call.
type lines struct {
	from  *bufio.Reader
	read  chan line
	ended bool
}

type line struct {
	text string
	end  bool // of the input
}

func (l *lines) next() <-chan line {
	if l.read == nil {
		read := make(chan line, 1)
		l.read = read
		go func() {
			text, err := l.from.ReadString('\n')
			read <- line{strings.TrimSpace(text), err != nil && text == ""}
		}()
	}
	return l.read
}

// taken follows the receipt of a line.
func (l *lines) taken() { l.read = nil }
