package hosted

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The statuses of a run. It has ended with the last three.
const (
	RunPending   = "pending"
	RunStreaming = "streaming"
	RunSuccess   = "success"
	RunFailed    = "failed"
	RunCancelled = "cancelled"
)

// EventLimit is how many events the service answers at most.
const EventLimit = 200

// Run is the state of a run. All its texts are untrusted.
type Run struct {
	ID        string    `json:"runId"`
	Status    string    `json:"status"`
	Harness   string    `json:"harness"`
	RepoID    string    `json:"repoId"`
	Branch    Branch    `json:"branch"`
	CreatedAt Timestamp `json:"createdAt"`
	UpdatedAt Timestamp `json:"updatedAt"`
	Error     string    `json:"error"` // empty where there is none
	// Raw is the object as the service sent it, with what this version does not
	// know.
	Raw json.RawMessage `json:"-"`
}

// Branch names what a run starts from and what it works on.
type Branch struct {
	Base    string `json:"base"`
	Working string `json:"working"`
}

// Ended reports that a run goes no further.
func (r Run) Ended() bool {
	return slices.Contains([]string{RunSuccess, RunFailed, RunCancelled}, r.Status)
}

// Event is a step of a run. All its texts are untrusted.
type Event struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	ToolName  string          `json:"toolName"`
	Message   string          `json:"message"`
	Payload   json.RawMessage `json:"payload"` // any JSON value, or nil
	CreatedAt Timestamp       `json:"createdAt"`
	Raw       json.RawMessage `json:"-"` // as of Run
}

// Timestamp is a time of the service's. One that is not RFC 3339 is zero: a
// time is for display, and no reason to lose the rest.
type Timestamp struct{ time.Time }

// UnmarshalJSON reads any JSON value.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if t.Time.UnmarshalJSON(data) != nil {
		t.Time = time.Time{}
	}
	return nil
}

// UnmarshalJSON reads a run and keeps its text.
func (r *Run) UnmarshalJSON(data []byte) error {
	type plain Run
	err := json.Unmarshal(data, (*plain)(r))
	r.Raw = slices.Clone(data)
	return err
}

// UnmarshalJSON reads an event and keeps its text.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	err := json.Unmarshal(data, (*plain)(e))
	e.Raw = slices.Clone(data)
	return err
}

// Events asks for a run and the latest of its events, oldest first, at most
// limit of them, which is from 1 to EventLimit. A run that this account may not
// know of is ErrNotFound.
func (c Client) Events(ctx context.Context, token, id string, limit int) (Run, []Event, error) {
	if !validRunID(id) {
		return Run{}, nil, &Error{Kind: ErrNotFound}
	}
	path := fmt.Sprintf("/runs/%s/events?limit=%d", url.PathEscape(id), min(max(limit, 1), EventLimit))
	data, err := c.get(ctx, token, path)
	if err != nil {
		return Run{}, nil, err
	}
	var answer struct {
		Run    *Run    `json:"run"`
		Events []Event `json:"events"`
	}
	if err := decode(data, &answer); err != nil {
		return Run{}, nil, err
	}
	if answer.Run == nil || answer.Run.Status == "" {
		return Run{}, nil, &Error{Kind: ErrUnreachable, Status: http.StatusOK, Err: errForeign}
	}
	return *answer.Run, answer.Events, nil
}

// validRunID refuses what no run is called: dots would climb in the path, and
// what is not printable is nobody's name.
func validRunID(id string) bool {
	return strings.Trim(id, ".") != "" && len(id) <= 200 &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}
