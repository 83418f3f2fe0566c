package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
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

// header is the snapshot.
func (r *runScreen) header(window size) []string {
	t, s := r.theme, r.state
	status := oneLine(s.Status)
	statusStyle := t.accent
	if s.Error != "" {
		statusStyle = t.bad
	}
	where := oneLine(strings.Join(notEmpty(s.Repo, s.Base), " · "))
	if s.Working != "" {
		where += " → " + oneLine(s.Working)
	}
	lines := []string{
		sides{[]string{"Run " + r.id, r.id}, []string{status}, t.title, statusStyle}.drawn(window.width),
		sides{[]string{where}, []string{oneLine(s.Harness), ""}, t.muted, t.muted}.drawn(window.width),
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
	}{{"began", r.state.Created}, {"changed", r.state.Updated}} {
		if !at.time.IsZero() {
			parts = append(parts, at.what+" "+age(r.now().Sub(at.time))+" ago")
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

// clock is a time span as 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// statusLine says when the service is asked again, and what can be done.
func (r *runScreen) statusLine(width int) string {
	t := r.theme
	line := sides{[]string{r.doing()}, []string{"PgUp scrolls · q leaves, the run goes on", "q leaves; the run goes on", "q leaves"}, t.accent, t.muted}
	switch {
	case r.problem != nil:
		line.right = []string{"r tries again · l signs in · q leaves", "r again · l sign in · q leave"}
	case r.state.Ended:
		line.right = []string{"PgUp scrolls · q leaves", "q leaves"}
	}
	return line.drawn(width)
}

// doing is what is waited for.
func (r *runScreen) doing() string {
	if r.follow == nil {
		return ""
	}
	if left := r.follow.next.Sub(r.now()); left > 0 {
		return fmt.Sprintf("Asks again in %d s", int((left + time.Second - 1).Seconds()))
	}
	if !r.known && r.now().Sub(r.follow.began) >= patience {
		return fmt.Sprintf("Asking for the run… %d s", int(r.now().Sub(r.follow.began).Seconds()))
	}
	return ""
}

// farewell is what the cockpit says when the run is left.
func (r *runScreen) farewell() string {
	switch {
	case !r.known:
		return "Run " + r.id + " was not shown."
	case r.state.Ended:
		return "Run " + r.id + " ended: " + oneLine(r.state.Status) + "."
	}
	return "Run " + r.id + " goes on. mogplex --attach " + r.id + " shows it again."
}

// text is an event in lines.
func (e RunEvent) text(began time.Time) string {
	head := []string{oneLine(e.Type)}
	if !began.IsZero() && !e.Created.Before(began) {
		head = []string{clock(e.Created.Sub(began)), oneLine(e.Type)}
	}
	if e.Tool != "" {
		head = append(head, oneLine(e.Tool))
	}
	body := strings.TrimSpace(e.Message)
	if body == "" {
		body = shorten(oneLine(e.Payload), 300)
	}
	return strings.TrimSpace(strings.Join(head, "  ") + "\n" + body)
}
