package tui

import (
	"errors"
	"fmt"
	"strings"
)

// say writes lines. What comes from elsewhere can't steer the terminal.
func (p *plain) say(format string, args ...any) {
	p.fresh()
	p.write(strings.TrimRight(fmt.Sprintf(format, args...), "\n") + "\n")
}

// write writes a piece of text.
func (p *plain) write(text string) {
	if text = clean(text); text != "" {
		fmt.Fprint(p.out, text)
		p.open = !strings.HasSuffix(text, "\n")
	}
}

// fresh ends a line that was begun.
func (p *plain) fresh() {
	if p.open {
		p.write("\n")
	}
}

// explain says a failure, and what to do about it.
func (p *plain) explain(err error) {
	problem := p.Explain(err)
	if problem.Gone || errors.Is(err, errInterrupted) || errors.Is(err, errReplaced) {
		return // it was said, or is about to be
	}
	p.tell(problem)
}

func (p *plain) tell(problem Problem) {
	p.say("Error: %s", problem.Text)
	if problem.Hint != "" {
		p.say("%s", problem.Hint)
	}
	if problem.SignIn && !p.choosing && !strings.Contains(problem.Hint, "/login") {
		p.say("/login signs in again.")
	}
}

// ask waits for a line. What changes meanwhile is said, and asked again.
func (p *plain) ask(prompt string) (string, error) {
	p.fresh()
	p.write(prompt)
	for {
		select {
		case line := <-p.input.next():
			p.input.taken()
			p.open = false
			return strings.TrimSpace(line.text), line.err
		case <-p.interrupts:
			return "", p.interrupted("")
		case <-p.changes:
			told, err := p.lookAgain(changedText)
			if err != nil {
				return "", err
			}
			if told {
				p.write(prompt)
			}
		case <-p.ctx.Done():
			return "", errLeave
		}
	}
}

// choose has one of some rows picked by its number, and returns its index.
func (p *plain) choose(rows ...string) (int, error) {
	for {
		for i, row := range rows {
			p.say("%d. %s", i+1, row)
		}
		line, err := p.ask("Number: ")
		if err != nil || line == "" {
			return -1, err
		}
		if command, _, is, wrong := parseCommand(line); is && wrong == nil && command.leaves() {
			return -1, errLeave
		}
		var n int
		if _, err := fmt.Sscan(line, &n); err == nil && n >= 1 && n <= len(rows) {
			return n - 1, nil
		}
		p.say("Type a number from 1 to %d, or nothing to go back.", len(rows))
	}
}

// interrupted is Ctrl+C: the second in time leaves.
func (p *plain) interrupted(what string) error {
	now := p.now()
	if !p.pressed.IsZero() && now.Sub(p.pressed) < twice {
		return errLeave
	}
	p.pressed = now
	p.say("%sCtrl+C again leaves.", what)
	return errInterrupted
}
