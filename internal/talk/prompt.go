package talk

import (
	"slices"
	"strings"
	"sync"
)

// answer is what a model says to a prompt, as it comes.
type answer struct {
	prompt string
	text   strings.Builder

	mu      sync.Mutex
	arrived strings.Builder // and is not shown yet
}

// ask sends a prompt with the conversation so far.
func (t *Talk) ask(prompt string) {
	job, ctx := t.newJob("Waiting for the answer")
	a := &answer{prompt: prompt}
	job.answer, t.job = a, job
	conversation := Conversation{t.session.ID, t.model, append(slices.Clone(t.turns), Turn{"user", prompt})}
	t.spawn(func() {
		err := t.services.Prompt(ctx, conversation, func(piece string) {
			if a.arrive(piece) {
				t.post(func() { t.hear(job) })
			}
		})
		t.post(func() { t.answered(job, err) })
	})
}

// arrive adds a piece, and reports that it is the first since the last take: what comes together is drawn together.
func (a *answer) arrive(piece string) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first = a.arrived.Len() == 0
	a.arrived.WriteString(piece)
	return first && piece != ""
}

func (a *answer) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	piece := a.arrived.String()
	a.arrived.Reset()
	return piece
}

// hear shows the pieces of the answer that arrived.
func (t *Talk) hear(job *Job) {
	if t.job != job {
		return
	}
	if piece := job.answer.take(); piece != "" {
		t.front.Answer(piece, job.answer.text.Len() == 0)
		job.answer.text.WriteString(piece)
		job.Label = "Answering"
	}
}

// answered follows the end of an answer.
func (t *Talk) answered(job *Job, err error) {
	if t.job != job {
		return
	}
	t.cut()
	switch {
	case err != nil:
		t.explain(err)
	case job.answer.text.Len() == 0:
		t.say(Noticed, "The answer is empty.")
	}
	if t.unread { // it was looked up for the prompt, and may be known
		t.look(t.changed)
	}
}

// keep makes a prompt and its answer part of the conversation. A prompt without an answer is not sent again.
func (t *Talk) keep(a *answer) {
	if a != nil && a.text.Len() > 0 {
		t.turns = append(t.turns, Turn{"user", a.prompt}, Turn{"assistant", a.text.String()})
	}
}
