package accountserver

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Run grows by the server's clock: each event appears when its time has come. Before the
// first event its status is pending, and before the last streaming.
type Run struct {
	ID            string
	Owner         string    // the email of the only account that can see it; "" is everyone
	Start         time.Time // by default the first request for it
	Status        string    // after the last event; by default success
	Harness       string
	RepoID        string
	Base, Working string // branches
	Error         string // shown after the last event
	Events        []Event
}

// Event is a step of a run.
type Event struct {
	After    time.Duration // since the run's start
	Type     string
	ToolName string
	Message  string
	Payload  json.RawMessage // nil is null
}

// AddRun adds a run, or replaces the one with the same ID. Events must be in the order
// of their time, and the caller must not change them afterwards.
func (s *Server) AddRun(run Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[run.ID] = &run
}

// demoRun is a run of half a minute that every Server has.
func demoRun() Run {
	return Run{
		ID: "run_demo", Harness: "mogplex", RepoID: "repo_engine", Base: "main", Working: "mogplex/fix-rounding",
		Events: []Event{
			{Type: "status", Message: "Checking out main"},
			{After: 5 * time.Second, Type: "tool_call", ToolName: "search", Message: `search "Round("`, Payload: json.RawMessage(`{"matches":3}`)},
			{After: 10 * time.Second, Type: "message", Message: "Each line is rounded before it is added up; the sum should be rounded once."},
			{After: 20 * time.Second, Type: "tool_call", ToolName: "shell", Message: "go test ./...", Payload: json.RawMessage(`{"exitCode":0}`)},
			{After: 30 * time.Second, Type: "status", Message: "Done: totals are rounded once"},
		},
	}
}

func (s *Server) showRun(r *http.Request, from caller) (any, *failure) {
	run, _ := s.viewRun(r.PathValue("id"), from)
	if run == nil {
		return nil, notFound("No such run.")
	}
	return map[string]any{"run": run}, nil
}

// listEvents answers with the latest events, oldest first.
func (s *Server) listEvents(r *http.Request, from caller) (any, *failure) {
	limit, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("limit"), "50"))
	if err != nil || limit < 1 || limit > 200 {
		return nil, apiFailure(http.StatusBadRequest, "BAD_REQUEST", "limit must be from 1 to 200.")
	}
	run, events := s.viewRun(r.PathValue("id"), from)
	if run == nil {
		return nil, notFound("No such run.")
	}
	return map[string]any{"run": run, "events": events[max(0, len(events)-limit):]}, nil
}

// viewRun returns a run and its events until now, both in the API's form, or nil.
func (s *Server) viewRun(id string, from caller) (view map[string]any, events []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run, ok := s.runs[id]
	if !ok || run.Owner != "" && run.Owner != from.account.Email {
		return nil, nil
	}
	now := s.cfg.Now()
	if run.Start.IsZero() {
		run.Start = now
	}
	view = map[string]any{
		"runId": run.ID, "status": "streaming", "harness": run.Harness, "repoId": run.RepoID,
		"branch":    map[string]string{"base": run.Base, "working": run.Working},
		"createdAt": stamp(run.Start), "updatedAt": stamp(run.Start), "error": nil,
	}
	events = []any{} // not null in JSON
	for i, e := range run.Events {
		at := run.Start.Add(e.After)
		if at.After(now) {
			break
		}
		view["updatedAt"] = stamp(at)
		events = append(events, map[string]any{
			"id": fmt.Sprintf("%s_%d", run.ID, i+1), "type": e.Type, "toolName": orNull(e.ToolName),
			"message": e.Message, "payload": e.Payload, "createdAt": stamp(at),
		})
	}
	switch len(events) {
	case len(run.Events):
		view["status"], view["error"] = cmp.Or(run.Status, "success"), orNull(run.Error)
	case 0:
		view["status"] = "pending"
	}
	return view, events
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// stamp formats a time as the service does: RFC 3339 in UTC, to the millisecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
