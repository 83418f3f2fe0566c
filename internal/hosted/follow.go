package hosted

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Update is the result of one poll of a run.
type Update struct {
	Run    Run     // its last known state; zero before the first answer
	Events []Event // the new ones, oldest first
	Missed bool    // events before Events may be missing: more came between two polls than the service returns
	Wait   time.Duration
	Err    error // the temporary failure of this poll, which Follow repeats after Wait; nil if the service answered
}

// Follower polls a run and reports new events.
type Follower struct {
	Client
	// Token returns the token for the next request. Follow calls it before each, so that a renewal or a sign-out takes
	// effect. Its error ends Follow unless it is temporary, see [web.Temporary].
	Token func(context.Context) (string, error)
	// Patience is how long the service may be out of reach before Follow fails; 0 means forever. Before the first
	// answer it is a few seconds.
	Patience time.Duration
	// Sleep waits, or returns the error of ctx; nil sleeps by the clock.
	Sleep func(context.Context, time.Duration) error
}

// The pauses between two polls. A personal token may make 60 requests a minute.
const (
	shortestPause = 1500 * time.Millisecond
	longestPause  = 15 * time.Second
	longestRetry  = time.Minute
	firstPatience = 8 * time.Second
)

// seenLimit is how many reported events Follow remembers. The service returns only the latest [EventLimit].
const seenLimit = 10 * EventLimit

// Follow calls on with the run's events so far and then with new ones, from this goroutine. It returns nil when the run
// ends. It passes a temporary failure to on and retries; ErrNotFound, ErrForbidden and ErrUnauthorized end it at once, the
// last after one retry with a new token. When ctx ends, so does Follow, but not the run.
func (f Follower) Follow(ctx context.Context, id string, on func(Update)) error {
	s := following{Follower: f, id: id, seen: map[string]bool{}, pause: shortestPause}
	for {
		began := time.Now()
		update, err := s.poll(ctx)
		if err == nil {
			s.keepNew(&update)
		} else if update, err = s.retryAfter(err, time.Since(began)); err != nil {
			return err
		}
		on(update)
		if update.Err == nil && update.Run.Ended() {
			return nil
		}
		if err := s.sleep(ctx, update.Wait); err != nil {
			return err
		}
	}
}

// following is the state of one Follow.
type following struct {
	Follower
	id      string
	last    Run
	seen    map[string]bool // reported events, by id, or by hash if they have none
	order   []string        // the keys of seen, oldest first
	pause   time.Duration   // before the next poll
	failing time.Duration   // how long the service has been out of reach
	retry   time.Duration   // the last pause after a failure
}

// poll asks for the run and its latest events. It repeats a request whose token is refused, because the token may have
// been renewed meanwhile.
func (s *following) poll(ctx context.Context) (update Update, err error) {
	for range 2 {
		var token string
		if token, err = s.Token(ctx); err != nil {
			return update, err
		}
		update.Run, update.Events, err = s.Events(ctx, token, s.id, EventLimit)
		if !errors.Is(err, ErrUnauthorized) {
			break
		}
	}
	return update, err
}

// keepNew removes reported events from an answer, and sets the pause before the next poll.
func (s *following) keepNew(update *Update) {
	page := update.Events
	update.Events = nil
	for _, e := range page {
		key := e.ID
		if key == "" {
			key = fmt.Sprintf("%x", sha256.Sum256(e.Raw))
		}
		if !s.seen[key] {
			s.seen[key] = true
			s.order = append(s.order, key)
			update.Events = append(update.Events, e)
		}
	}
	s.forget(max(seenLimit, 2*len(page)))
	// Before a full page of new events there may be more.
	update.Missed = len(page) >= EventLimit && len(update.Events) == len(page)
	if len(update.Events) > 0 || update.Run.Status != s.last.Status {
		s.pause = shortestPause
	} else {
		s.pause = min(s.pause*3/2, longestPause)
	}
	s.last, s.failing, s.retry = update.Run, 0, 0
	if !update.Run.Ended() {
		update.Wait = jittered(s.pause)
	}
}

// forget drops all but the latest limit keys.
func (s *following) forget(limit int) {
	over := max(0, len(s.order)-limit)
	for _, key := range s.order[:over] {
		delete(s.seen, key)
	}
	s.order = slices.Delete(s.order, 0, over)
}

// retryAfter returns the update that reports a temporary failure, or the failure itself if it is permanent or has lasted
// longer than Patience. took is the duration of the failed poll.
func (s *following) retryAfter(err error, took time.Duration) (Update, error) {
	if !web.Temporary(err) {
		return Update{}, err
	}
	s.retry = min(max(s.retry*2, shortestPause), longestRetry)
	wait := jittered(s.retry)
	if failed := (*Error)(nil); errors.As(err, &failed) {
		wait = max(wait, failed.RetryAfter)
	}
	patience := s.Patience
	if s.last.Status == "" {
		patience = firstPatience
	}
	if s.failing += took + wait; patience > 0 && s.failing > patience {
		return Update{}, err
	}
	return Update{Run: s.last, Wait: wait, Err: err}, nil
}

// jittered adds up to a quarter, so that many followers do not poll in step.
func jittered(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

func (s *following) sleep(ctx context.Context, d time.Duration) error {
	if s.Sleep != nil {
		return s.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
