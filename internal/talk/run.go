package talk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// Run is a run that is shown. Leaving it does not stop it.
type Run struct {
	ID      string
	State   RunState  // zero until Known
	Known   bool      // the service has answered
	Problem *Problem  // why it is not watched any more; nil if it ended
	Next    time.Time // when the service is asked again; zero while it is asked
	job     *Job      // watches it; nil once that ended
	notice  string    // the latest one
}

// Doing is what watches the run, or nil once that ended.
func (r *Run) Doing() *Job { return r.job }

// watch shows a run.
func (t *Talk) watch(id string) {
	t.run = &Run{ID: text.Line(id)}
	t.Rewatch()
}

// Rewatch shows the run again from its beginning.
func (t *Talk) Rewatch() {
	r := t.run
	if r.job != nil {
		r.job.cancel()
	}
	job, ctx := t.newJob("Asking for the run")
	r.job, r.Problem, r.notice, r.Next = job, nil, "", time.Time{}
	t.front.Watch(r)
	t.spawn(func() {
		err := t.services.Follow(ctx, r.ID, func(update RunUpdate) {
			t.post(func() {
				if r.job == job {
					t.showRun(r, update)
				}
			})
		})
		t.post(func() {
			if r.job == job {
				t.runEnded(r, err)
			}
		})
	})
}

// LeaveRun stops watching, and returns a sentence about the run's state.
func (t *Talk) LeaveRun() string {
	r := t.run
	t.run = nil
	if r.job != nil {
		r.job.cancel()
		r.job = nil
	}
	switch {
	case !r.Known:
		return "Run " + r.ID + " was not shown."
	case r.State.Ended:
		return "Run " + r.ID + " ended: " + text.Line(r.State.Status) + "."
	}
	return "Run " + r.ID + " goes on. mogplex --attach " + r.ID + " shows it again."
}

// showRun shows an update of the run.
func (t *Talk) showRun(r *Run, update RunUpdate) {
	if update.Run.Status != "" {
		if !r.Known {
			t.front.SayRun(Headline, update.Run.title())
		}
		r.State, r.Known = update.Run, true
		t.failure = nil // a run that was shown once is not what the app fails with
	}
	for _, event := range update.Events {
		t.front.SayRun(Happened, event.text(r.State.Created))
	}
	if update.Notice != r.notice && update.Notice != "" {
		t.front.SayRun(Noticed, update.Notice)
	}
	r.notice, r.Next = update.Notice, time.Time{}
	if update.Wait > 0 {
		r.Next = t.opt.Now().Add(update.Wait)
	}
	if r.State.Ended {
		t.front.SayRun(Noticed, "The run ended: "+r.State.Status+".")
		if r.State.Error != "" {
			t.front.SayRun(Failed, r.State.Error)
		}
	}
}

// runEnded follows the end of the watching, by itself or by a failure.
func (t *Talk) runEnded(r *Run, err error) {
	r.job.cancel()
	r.job = nil
	if err != nil {
		p := t.services.Explain(err)
		r.Problem = &p
		sayProblem(t.front.SayRun, p)
		if !r.Known {
			t.failure = err
		}
	}
	t.front.RunStopped()
}

// stopRun stops watching with a credential that is not active any more.
func (t *Talk) stopRun() {
	r := t.run
	if r == nil || r.job == nil {
		return
	}
	r.job.cancel()
	r.job, r.Problem = nil, &Problem{}
	t.front.RunStopped()
}

// title is the run's state in a line.
func (r RunState) title() string {
	words := []string{"Run " + text.Line(r.ID) + ": " + text.Line(r.Status)}
	for _, detail := range []struct{ name, value string }{
		{"harness", r.Harness}, {"repository", r.Repo}, {"base", r.Base}, {"branch", r.Working},
	} {
		if detail.value != "" {
			words = append(words, detail.name+" "+text.Line(detail.value))
		}
	}
	return strings.Join(words, ", ") + "."
}

// text is an event in lines.
func (e RunEvent) text(began time.Time) string {
	var head []string
	if !began.IsZero() && !e.Created.Before(began) {
		head = []string{clock(e.Created.Sub(began))}
	}
	head = slices.DeleteFunc(append(head, text.Line(e.Type), text.Line(e.Tool)), func(s string) bool { return s == "" })
	body := strings.TrimSpace(e.Message)
	if body == "" {
		body = text.Shorten(text.Line(e.Payload), 300)
	}
	return strings.TrimSpace(strings.Join(head, "  ") + "\n" + body)
}

// clock is a time span as 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Run is the run that is shown, or nil.
func (t *Talk) Run() *Run { return t.run }
