package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// view implements screen.
func (r *runScreen) view(window size) (string, *tea.Cursor) {
	lines := r.header(window)
	room := size{window.width, window.height - len(lines) - 1}
	r.transcript.resize(room.width-2*margin, room.height)
	lines = append(lines, r.transcript.drawn(r.theme)...)
	lines = append(lines, make([]string, max(0, window.height-1-len(lines)))...)
	return strings.Join(append(lines, r.statusLine(window.width)), "\n"), nil
}

// header draws the run's state.
func (r *runScreen) header(window size) []string {
	t, s := r.theme, r.run.State
	status := text.Line(s.Status)
	statusStyle := t.accent
	if s.Error != "" {
		statusStyle = t.bad
	}
	where := text.Line(strings.Join(notEmpty(s.Repo, s.Base), " · "))
	if s.Working != "" {
		where += " → " + text.Line(s.Working)
	}
	lines := []string{
		sides{[]string{"Run " + r.run.ID, r.run.ID}, []string{status}, t.title, statusStyle}.drawn(window.width),
		sides{[]string{where}, []string{text.Line(s.Harness), ""}, t.muted, t.muted}.drawn(window.width),
	}
	switch {
	case window.height < 10:
		return lines[:1]
	case window.height < 12:
		return lines
	case window.height < 16:
		return append(lines, t.rule(window.width))
	}
	lines = append(lines, sides{r.times(), []string{""}, t.muted, t.muted}.drawn(window.width))
	return append(lines, t.rule(window.width))
}

func (r *runScreen) times() []string {
	var parts []string
	for _, at := range []struct {
		what string
		time time.Time
	}{{"began", r.run.State.Created}, {"changed", r.run.State.Updated}} {
		if !at.time.IsZero() {
			parts = append(parts, at.what+" "+text.Ago(r.now().Sub(at.time)))
		}
	}
	return []string{strings.Join(parts, " · ")}
}

func notEmpty(texts ...string) (some []string) {
	for _, text := range texts {
		if text != "" {
			some = append(some, text)
		}
	}
	return some
}

// statusLine is the last line: what is waited for, and the keys.
func (r *runScreen) statusLine(width int) string {
	t := r.theme
	line := sides{[]string{r.doing()}, []string{"PgUp scrolls · q leaves, the run goes on", "q leaves; the run goes on", "q leaves"}, t.accent, t.muted}
	switch {
	case r.run.Problem != nil:
		line.right = []string{"r tries again · l signs in · q leaves", "r again · l sign in · q leave"}
	case r.run.State.Ended:
		line.right = []string{"PgUp scrolls · q leaves", "q leaves"}
	}
	return line.drawn(width)
}

// doing is what is waited for.
func (r *runScreen) doing() string {
	job := r.run.Doing()
	if job == nil {
		return ""
	}
	if left := r.run.Next.Sub(r.now()); left > 0 {
		return fmt.Sprintf("Asks again in %d s", int((left + time.Second - 1).Seconds()))
	}
	if took := r.now().Sub(job.Began); !r.run.Known && took >= talk.Patience {
		return fmt.Sprintf("%s… %d s", job.Label, int(took.Seconds()))
	}
	return ""
}
