package accountserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The statuses of a run.
const (
	RunPending   = "pending"
	RunStreaming = "streaming"
	RunSuccess   = "success"
	RunFailed    = "failed"
	RunCancelled = "cancelled"
)

// Run is a run that grows by the server's clock: each event appears once its time has
// come, and the run is streaming until the last one has.
type Run struct {
	ID            string
	Owner         string    // the e-mail address of who may see it; "" is everyone
	Start         time.Time // zero: when it is first asked for
	Status        string    // once all its events have come; RunSuccess by default
	Harness       string
	RepoID        string
	Base, Working string // branches
	Error         string // shown once all its events have come
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

// AddRun adds a run, or replaces the one with the same ID. Its events must be in the
// order of their time and not be changed afterwards.
func (s *Server) AddRun(run Run) {
	setDefault(&run.Status, RunSuccess)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[run.ID] = &run
}

// DemoRun is a run of about a minute that begins when it is first looked at. Every
// Server has it as "run_demo".
func DemoRun() Run {
	run := Run{
		ID: "run_demo", Harness: "mogplex", RepoID: "repo_engine",
		Base: "main", Working: "mogplex/fix-rounding",
	}
	steps := []Event{
		{Type: "status", Message: "Checking out main"},
		{Type: "message", Message: "I look for where the totals are rounded."},
		{Type: "tool_call", ToolName: "search", Message: "search \"Round(\"", Payload: json.RawMessage(`{"matches":3}`)},
		{Type: "tool_call", ToolName: "read", Message: "read invoice/total.go", Payload: json.RawMessage(`{"lines":84}`)},
		{Type: "message", Message: "Each line is rounded before it is added up; the sum should be rounded once."},
		{Type: "tool_call", ToolName: "edit", Message: "edit invoice/total.go", Payload: json.RawMessage(`{"added":4,"removed":7}`)},
		{Type: "tool_call", ToolName: "shell", Message: "go test ./invoice/", Payload: json.RawMessage(`{"exitCode":1}`)},
		{Type: "message", Message: "One test expected the old, wrong cent. I correct the test."},
		{Type: "tool_call", ToolName: "edit", Message: "edit invoice/total_test.go", Payload: json.RawMessage(`{"added":1,"removed":1}`)},
		{Type: "tool_call", ToolName: "shell", Message: "go test ./...", Payload: json.RawMessage(`{"exitCode":0}`)},
		{Type: "status", Message: "Done: totals are rounded once"},
	}
	for i := range steps {
		steps[i].After = time.Duration(i) * 6 * time.Second
	}
	run.Events = steps
	return run
}

// runView is a run as the API shows it.
type runView struct {
	RunID     string            `json:"runId"`
	Status    string            `json:"status"`
	Harness   string            `json:"harness"`
	RepoID    string            `json:"repoId"`
	Branch    map[string]string `json:"branch"`
	CreatedAt string            `json:"createdAt"`
	UpdatedAt string            `json:"updatedAt"`
	Error     *string           `json:"error"`
}

// eventView is an event as the API shows it.
type eventView struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	ToolName  *string         `json:"toolName"`
	Message   string          `json:"message"`
	Payload   json.RawMessage `json:"payload"`
	CreatedAt string          `json:"createdAt"`
}

func (s *Server) showRun(r *http.Request, from caller) (any, *apiError) {
	run, _, ok := s.lookAtRun(r.PathValue("id"), from)
	if !ok {
		return nil, notFound("No such run.")
	}
	return map[string]any{"run": run}, nil
}

// listEvents answers the latest events, oldest first.
func (s *Server) listEvents(r *http.Request, from caller) (any, *apiError) {
	limit := 50
	if query := r.URL.Query(); query.Has("limit") {
		var err error
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > 200 {
			return nil, &apiError{http.StatusBadRequest, "BAD_REQUEST", "limit must be from 1 to 200."}
		}
	}
	run, events, ok := s.lookAtRun(r.PathValue("id"), from)
	if !ok {
		return nil, notFound("No such run.")
	}
	return map[string]any{"run": run, "events": events[max(0, len(events)-limit):]}, nil
}

// lookAtRun returns a run and those of its events that have come by now.
func (s *Server) lookAtRun(id string, from caller) (runView, []eventView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run, ok := s.runs[id]
	if !ok || run.Owner != "" && run.Owner != from.account.Email {
		return runView{}, nil, false
	}
	now := s.cfg.Now()
	setDefault(&run.Start, now)
	view := runView{
		RunID: run.ID, Status: run.Status, Harness: run.Harness, RepoID: run.RepoID,
		Branch:    map[string]string{"base": run.Base, "working": run.Working},
		CreatedAt: stamp(run.Start), UpdatedAt: stamp(run.Start),
	}
	events := []eventView{}
	for i, e := range run.Events {
		at := run.Start.Add(e.After)
		if at.After(now) {
			break
		}
		view.UpdatedAt = stamp(at)
		events = append(events, eventView{
			ID: fmt.Sprintf("%s_%d", run.ID, i+1), Type: e.Type, ToolName: orNull(e.ToolName),
			Message: e.Message, Payload: e.Payload, CreatedAt: stamp(at),
		})
	}
	switch {
	case len(events) == len(run.Events):
		view.Error = orNull(run.Error)
	case len(events) == 0:
		view.Status = RunPending
	default:
		view.Status = RunStreaming
	}
	return view, events, true
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
