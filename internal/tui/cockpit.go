package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// cockpit is the screen where prompts are asked and answered.
type cockpit struct {
	*shared
	session    Session
	leaving    bool // signing out
	warned     map[string]bool
	transcript transcript
	composer   composer
	completion completion
	picker     *picker // shown in place of the transcript, where it is not nil
	catalog    []Model // what model ids are completed from; may be empty
	model      string  // that the person picked; empty is the service's choice
	turns      []Turn
	job        *job   // nil where nothing runs
	raise      screen // to be laid on top
}

// catalogMsg is the catalog for completion.
type catalogMsg struct {
	session string
	list    []Model
}

func newCockpit(s *shared, session Session) *cockpit {
	c := &cockpit{shared: s, session: session, warned: map[string]bool{}}
	c.composer.width, c.transcript.width = 80, 80
	c.warn(session)
	return c
}

// init implements screen.
func (c *cockpit) init() tea.Cmd { return c.fetchCatalog() }

// fetchCatalog gets what model ids are completed from. A provider is asked only
// by /models, and where the account's catalog can't be had, that says why.
func (c *cockpit) fetchCatalog() tea.Cmd {
	if !c.session.SignedIn || c.session.Provider != auth.Mogplex {
		return nil
	}
	id := c.session.ID
	return func() tea.Msg {
		models, err := c.services.Models(c.ctx, false)
		if err != nil {
			return nil
		}
		return catalogMsg{id, models.List}
	}
}

// update implements screen.
func (c *cockpit) update(msg tea.Msg) (screen, tea.Cmd) {
	was := c.session.ID
	cmd := c.receive(msg)
	if c.session.ID != was {
		cmd = tea.Batch(cmd, c.fetchCatalog())
	}
	if next := c.raise; next != nil {
		c.raise = nil
		return next, cmd
	}
	return c, cmd
}

func (c *cockpit) receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case sessionMsg:
		c.changed(msg)
	case storedMsg:
		c.stored(msg)
	case answerMsg:
		return c.hear(msg)
	case doneMsg:
		c.done(msg)
	case leftMsg:
		c.transcript.say(noticed, msg.text)
	case catalogMsg:
		if msg.session == c.session.ID {
			c.catalog = msg.list
			c.offer()
		}
	case frameMsg:
		if c.job == msg.job {
			return c.tick(spinEvery, msg)
		}
	case tea.KeyPressMsg, tea.PasteMsg:
		if c.picker != nil {
			c.pick(msg)
			return nil
		}
		return c.press(msg)
	}
	return nil
}

// pick takes a key or a paste for the list of models.
func (c *cockpit) pick(msg tea.Msg) {
	picked, done := c.picker.press(msg, c.transcript.height)
	if done {
		c.picker = nil
	}
	if picked != "" {
		c.use(picked)
	}
}

// press takes a key or a paste.
func (c *cockpit) press(msg tea.Msg) tea.Cmd {
	key, _ := msg.(tea.KeyPressMsg)
	switch key.Keystroke() {
	case "tab":
		c.complete(false)
	case "shift+tab":
		c.complete(true)
	case "enter":
		return c.submit()
	case "esc":
		c.interrupt()
	case "ctrl+d":
		if c.composer.text == "" {
			return tea.Quit
		}
		fallthrough
	default:
		if !c.transcript.press(key.Keystroke()) && c.composer.edit(msg) {
			c.offer()
		}
	}
	return nil
}

// nobody is signed in, for all that is known.
func (c *cockpit) nobody() bool { return !c.session.SignedIn && !c.session.unknown }

// submit takes what is in the composer: a command or a prompt.
func (c *cockpit) submit() tea.Cmd {
	text := strings.TrimSpace(c.composer.text)
	if text == "" {
		return nil
	}
	cmd, argument, isCommand, wrong := parseCommand(text)
	if c.job != nil && (!isCommand || cmd.runs || c.leaving && !cmd.leaves()) {
		c.transcript.problem(Problem{Text: c.job.label + "; that has to wait.", Hint: "Esc interrupts it."})
		return nil
	}
	c.composer.history.add(text)
	c.composer.setText("")
	c.offer()
	c.transcript.loose = false
	c.transcript.say(prompted, text)
	switch {
	case wrong != nil:
		c.transcript.problem(*wrong)
	case isCommand:
		return c.perform(cmd, argument)
	case c.nobody():
		c.transcript.problem(Problem{Text: "Nobody is signed in.", Hint: "/login signs in."})
	default:
		return c.ask(text)
	}
	return nil
}
