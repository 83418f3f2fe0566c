package hosted

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The statuses that end a run. Others are "pending" and "streaming".
const (
	RunSuccess   = "success"
	RunFailed    = "failed"
	RunCancelled = "cancelled"
)

// EventLimit is the most events that the service returns.
const EventLimit = 200

// Run is the state of a run. Its texts are untrusted.
type Run struct {
	ID        string          `json:"runId"`
	Status    string          `json:"status"`
	Harness   string          `json:"harness"`
	RepoID    string          `json:"repoId"`
	Branch    Branch          `json:"branch"`
	CreatedAt Timestamp       `json:"createdAt"`
	UpdatedAt Timestamp       `json:"updatedAt"`
	Error     string          `json:"error"` // empty if there is none
	Raw       json.RawMessage `json:"-"`     // the object as the service sent it, with members unknown to this version
}

// Branch names the branch that a run starts from and the one it works on.
type Branch struct {
	Base    string `json:"base"`
	Working string `json:"working"`
}

// Ended reports whether the run is over.
func (r Run) Ended() bool {
	return slices.Contains([]string{RunSuccess, RunFailed, RunCancelled}, r.Status)
}

// Event is a step of a run. Its texts are untrusted.
type Event struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	ToolName  string          `json:"toolName"`
	Message   string          `json:"message"`
	Payload   json.RawMessage `json:"payload"` // any JSON value, or nil
	CreatedAt Timestamp       `json:"createdAt"`
	Raw       json.RawMessage `json:"-"` // like Run.Raw
}

// Timestamp is a time from the service. It is zero if the service's text is not RFC 3339: mogplex only shows times, and the
// rest of the answer is useful without them.
type Timestamp struct{ time.Time }

// UnmarshalJSON reads any JSON value.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if t.Time.UnmarshalJSON(data) != nil {
		t.Time = time.Time{}
	}
	return nil
}

// UnmarshalJSON reads a run and sets Raw.
func (r *Run) UnmarshalJSON(data []byte) error {
	type plain Run
	err := json.Unmarshal(data, (*plain)(r))
	r.Raw = slices.Clone(data)
	return err
}

// UnmarshalJSON reads an event and sets Raw.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	err := json.Unmarshal(data, (*plain)(e))
	e.Raw = slices.Clone(data)
	return err
}

// Events returns a run and its latest events, oldest first. limit is the most to return, between 1 and [EventLimit]. A run
// that the account may not see is ErrNotFound.
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
		Run    Run     `json:"run"`
		Events []Event `json:"events"`
	}
	if json.Unmarshal(data, &answer) != nil || answer.Run.Status == "" {
		return Run{}, nil, foreign()
	}
	return answer.Run, answer.Events, nil
}

// validRunID refuses ids of dots only, which would change the path of the request, and unprintable characters.
func validRunID(id string) bool {
	return strings.Trim(id, ".") != "" && len(id) <= 200 &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}
