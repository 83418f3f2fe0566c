package hosted_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// clock is the clock of server and follower. Sleep moves it.
type clock struct {
	now   time.Time
	slept []time.Duration
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.now, c.slept = c.now.Add(d), append(c.slept, d)
	return ctx.Err()
}

// followed returns a service with a run "r", and a follower for it.
func followed(t *testing.T, run accountserver.Run) (*accountserver.Server, *clock, hosted.Follower) {
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	service, client := serve(t, accountserver.Config{Now: func() time.Time { return c.now }, RequestsPerMinute: -1})
	run.ID = "r"
	service.AddRun(run)
	token := service.IssuePAT("ada@example.test")
	ask := func(context.Context) (string, error) { return token, nil }
	return service, c, hosted.Follower{Client: client, Sleep: c.sleep, Token: ask}
}

// steps are n events with every between them.
func steps(n int, every time.Duration) (events []accountserver.Event) {
	for i := range n {
		events = append(events, accountserver.Event{After: time.Duration(i) * every, Type: "message", Message: strconv.Itoa(i)})
	}
	return events
}

func TestFollowReportsEachEventOnce(t *testing.T) {
	run := accountserver.Run{Events: steps(300, 100*time.Millisecond), Status: hosted.RunFailed, Error: "it broke"}
	_, _, follower := followed(t, run)
	var seen []string
	var last hosted.Update
	err := follower.Follow(t.Context(), "r", func(u hosted.Update) {
		for _, e := range u.Events {
			seen = append(seen, e.Message)
		}
		if u.Missed || u.Err != nil {
			t.Errorf("missed %v, %v", u.Missed, u.Err)
		}
		last = u
	})
	want := steps(300, 0)
	if err != nil || len(seen) != len(want) || !slices.IsSortedFunc(seen, byNumber) {
		t.Errorf("%d events seen, %v", len(seen), err)
	}
	if last.Run.Status != hosted.RunFailed || last.Run.Error != "it broke" || last.Wait != 0 {
		t.Errorf("last %+v", last)
	}
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func TestFollowReportsThatEventsMayBeMissing(t *testing.T) {
	for n, missed := range map[int]bool{199: false, 200: true, 500: true} {
		_, _, follower := followed(t, accountserver.Run{Events: steps(n, 0)})
		err := follower.Follow(t.Context(), "r", func(u hosted.Update) {
			if u.Missed != missed || len(u.Events) != min(n, hosted.EventLimit) {
				t.Errorf("%d events: missed %v, seen %d", n, u.Missed, len(u.Events))
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestFollowPollsLessOftenWhileNothingChanges(t *testing.T) {
	run := accountserver.Run{Events: []accountserver.Event{{}, {After: 10 * time.Minute}, {After: 11 * time.Minute}}}
	_, c, follower := followed(t, run)
	if err := follower.Follow(t.Context(), "r", ignore); err != nil {
		t.Fatal(err)
	}
	if first, long := c.slept[0], slices.Max(c.slept); first > 2*time.Second || long < 15*time.Second || long > 19*time.Second {
		t.Errorf("pauses from %s to %s", first, long)
	}
	if n := len(c.slept); n < 40 || n > 60 {
		t.Errorf("%d polls in eleven minutes", n+1)
	}
	if at := slices.IndexFunc(c.slept[20:], func(d time.Duration) bool { return d < 2*time.Second }); at < 0 {
		t.Error("the pauses stay long after an event")
	}
}

func TestFollowRetriesTemporaryFailures(t *testing.T) {
	for name, fault := range map[string]accountserver.Fault{
		"429": {Status: 429, RetryAfter: "40"}, "503": {Status: 503, RetryAfter: "40"},
		"500": {Status: 500}, "html": {HTML: true}, "cut off": {Truncate: true}, "no JSON": {Status: 200, Body: "{"},
		"another API": {Status: 200, Body: `{"ok":true,"data":{}}`}, "endless": {Endless: true},
	} {
		t.Run(name, func(t *testing.T) {
			service, c, follower := followed(t, accountserver.Run{Events: steps(2, time.Second)})
			var failures, events int
			err := follower.Follow(t.Context(), "r", func(u hosted.Update) {
				events += len(u.Events)
				if u.Err == nil && failures == 0 {
					fault.Path, fault.Times = accountserver.APIPath, 3
					service.Fail(fault)
				}
				if u.Err != nil {
					failures++
					if !web.Temporary(u.Err) || u.Run.Status == "" || u.Wait <= 0 {
						t.Errorf("seen %+v", u)
					}
				}
			})
			if err != nil || failures != 3 || events != 2 {
				t.Errorf("%d failures and %d events seen, %v", failures, events, err)
			}
			if fault.RetryAfter != "" && c.slept[1] < 40*time.Second {
				t.Errorf("retried after %s", c.slept[1])
			}
		})
	}
}

func TestFollowEndsAtPermanentFailures(t *testing.T) {
	for want, fault := range map[error]accountserver.Fault{
		hosted.ErrForbidden:    {Status: 403},
		hosted.ErrUnauthorized: {Status: 401},
		hosted.ErrNotFound:     {Status: 404, Body: `{"ok":false,"error":{"code":"NOT_FOUND","message":"MARK"}}`},
	} {
		service, c, follower := followed(t, accountserver.Run{Events: steps(2, time.Hour)})
		seen := 0
		err := follower.Follow(t.Context(), "r", func(hosted.Update) {
			fault.Path = accountserver.APIPath
			service.Fail(fault)
			seen++
		})
		if !errors.Is(err, want) || seen != 1 || len(c.slept) != 1 {
			t.Errorf("%v after %d pauses; want %v", err, len(c.slept), want)
		}
	}
	for _, id := range []string{"", ".", "..", "nothing", "a/b", "../models", "a?b", "a\nb", string(make([]byte, 300))} {
		_, _, follower := followed(t, accountserver.Run{})
		if err := follower.Follow(t.Context(), id, ignore); !errors.Is(err, hosted.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestFollowCallsTokenBeforeEachRequest(t *testing.T) {
	service, _, follower := followed(t, accountserver.Run{Events: steps(3, time.Second)})
	tokens := []string{"expired", service.IssuePAT("ada@example.test"), "revoked meanwhile", service.IssuePAT("ada@example.test")}
	asked := 0
	follower.Token = func(context.Context) (string, error) {
		asked++
		return tokens[min(asked, len(tokens))-1], nil
	}
	if err := follower.Follow(t.Context(), "r", ignore); err != nil {
		t.Errorf("renewed tokens: %v", err)
	}
	gone := errors.New("signed out")
	follower.Token = func(context.Context) (string, error) { return "", gone }
	if err := follower.Follow(t.Context(), "r", ignore); !errors.Is(err, gone) {
		t.Errorf("signed out: %v", err)
	}
}

func TestFollowFailsAfterPatience(t *testing.T) {
	service, c, follower := followed(t, accountserver.Run{Events: steps(2, time.Hour)})
	follower.Patience = time.Minute
	begun := c.now
	err := follower.Follow(t.Context(), "r", func(hosted.Update) {
		service.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: 500})
	})
	if waited := c.now.Sub(begun); !errors.Is(err, hosted.ErrUnreachable) || waited < 20*time.Second || waited > 70*time.Second {
		t.Errorf("%v after %s", err, waited)
	}
	begun = c.now
	err = follower.Follow(t.Context(), "r", ignore)
	if !errors.Is(err, hosted.ErrUnreachable) || c.now.Sub(begun) > 10*time.Second {
		t.Errorf("without a first answer: %v after %s", err, c.now.Sub(begun))
	}
	ctx, cancel := context.WithCancel(t.Context())
	service.ClearFaults()
	if err := follower.Follow(ctx, "r", func(hosted.Update) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The time of a request that gets no answer counts, not only the pauses.
func TestPatienceIncludesSlowRequests(t *testing.T) {
	for patience, first := range map[time.Duration]string{
		time.Minute:     `{"ok":true,"data":{"run":{"runId":"r","status":"streaming"},"events":[]}}`,
		8 * time.Second: "", // the follower's own patience is longer
	} {
		synctest.Test(t, func(t *testing.T) {
			answers := []string{first}[:min(len(first), 1)]
			silent := func(r *http.Request) (*http.Response, error) {
				if len(answers) > 0 {
					body := io.NopCloser(strings.NewReader(answers[0]))
					answers = nil
					return &http.Response{StatusCode: 200, Body: body}, nil
				}
				time.Sleep(20 * time.Second)
				return nil, io.ErrUnexpectedEOF
			}
			follower := hosted.Follower{
				Client:   hosted.Client{Origin: "https://mogplex.test", HTTP: &http.Client{Transport: transport(silent)}},
				Token:    func(context.Context) (string, error) { return "t", nil },
				Patience: time.Minute,
			}
			begun := time.Now()
			err := follower.Follow(t.Context(), "r", ignore)
			if waited := time.Since(begun); !errors.Is(err, hosted.ErrUnreachable) || waited > patience+25*time.Second {
				t.Errorf("patience %s: %v after %s", patience, err, waited)
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func ignore(hosted.Update) {}

func TestRunsWithUnknownMembersAreRead(t *testing.T) {
	const run = `{"runId":"r","status":"streaming","harness":null,"createdAt":"yesterday","error":null,"later":{"a":1}}`
	for _, event := range []string{
		`{"id":"e","type":"t","toolName":null,"message":null,"payload":null,"createdAt":7}`,
		`{"id":"e","payload":[1,{"x":"y"}],"new":true}`,
	} {
		service, client := serve(t, accountserver.Config{})
		body := fmt.Sprintf(`{"ok":true,"data":{"run":%s,"events":[%s]},"x":1}`, run, event)
		service.Fail(accountserver.Fault{Path: "/", Body: body})
		got, events, err := client.Events(t.Context(), "t", "r", 5)
		if err != nil || got.Status != "streaming" || string(got.Raw) != run || len(events) != 1 || !json.Valid(events[0].Raw) {
			t.Errorf("%s: %+v %+v, %v", event, got, events, err)
		}
	}
}
