package hosted

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Update is what is new of a run.
type Update struct {
	Run    Run     // as the service last told it; zero before its first answer
	Events []Event // oldest first, each told once
	Missed bool    // more came at once than the service tells: some before Events may be missing
	Wait   time.Duration
	Err    error // why the service is asked again after Wait; nil where it answered
}

// Follower tells what happens in a run.
type Follower struct {
	Client
	// Token gives the token for the next request. It is asked before each, so
	// that a renewal or a sign-out takes effect. Its failure ends the following,
	// unless it is an *Error that is Passing.
	Token func(context.Context) (string, error)
	// Patience is how long the service may be out of reach before that ends the
	// following; 0 is for ever. Before its first answer it is a few seconds.
	Patience time.Duration
	// Sleep waits, or returns the error of ctx. nil is by the clock.
	Sleep func(context.Context, time.Duration) error
}

// The pauses between questions. A personal token may ask 60 times a minute.
const (
	shortestPause = 1500 * time.Millisecond
	longestPause  = 15 * time.Second
	longestRetry  = time.Minute
	firstPatience = 8 * time.Second
)

// toldKept is how many events are known to have been told. The service tells
// the latest ones alone, [EventLimit] at once.
const toldKept = 10 * EventLimit

// Follow tells the run's events so far and then those to come, until the run
// ends, which is nil, or ctx does. A passing failure is told and tried again;
// ErrNotFound, ErrForbidden and ErrUnauthorized end it at once, the last after
// asking Token once more. It calls on from this goroutine alone. That it ends
// has no effect on the run.
func (f Follower) Follow(ctx context.Context, id string, on func(Update)) error {
	s := following{Follower: f, id: id, told: map[string]bool{}, pause: shortestPause}
	for {
		asked := time.Now()
		now, err := s.ask(ctx)
		if err == nil {
			s.hear(&now)
		} else if err = s.bear(err, time.Since(asked), &now); err != nil {
			return err
		}
		on(now)
		if now.Err == nil && now.Run.Ended() {
			return nil
		}
		if err := s.sleep(ctx, now.Wait); err != nil {
			return err
		}
	}
}

// following is one Follow on its way.
type following struct {
	Follower
	id      string
	last    Run
	told    map[string]bool // by the event's id, or the hash of one without
	order   []string        // of told, oldest first
	pause   time.Duration   // before the next question
	failing time.Duration   // how long the service has been out of reach
	retry   time.Duration   // the last pause after a failure
}

// ask asks for the run and its latest events.
func (s *following) ask(ctx context.Context) (now Update, err error) {
	for range 2 { // a token that is refused can have been renewed meanwhile
		var token string
		if token, err = s.Token(ctx); err != nil {
			return now, err
		}
		now.Run, now.Events, err = s.Events(ctx, token, s.id, EventLimit)
		if !errors.Is(err, ErrUnauthorized) {
			break
		}
	}
	return now, err
}

// hear takes an answer: it leaves what is new, and chooses the next pause.
func (s *following) hear(now *Update) {
	page := now.Events
	now.Events = nil
	for _, e := range page {
		key := e.ID
		if key == "" {
			key = fmt.Sprintf("%x", sha256.Sum256(e.Raw)) // it may be long, and is kept
		}
		if !s.told[key] {
			s.told[key] = true
			s.order = append(s.order, key)
			now.Events = append(now.Events, e)
		}
	}
	s.forget(max(toldKept, 2*len(page)))
	// The service tells the latest. A full page that is all new can have more
	// before it.
	now.Missed = len(page) >= EventLimit && len(now.Events) == len(page)
	if len(now.Events) > 0 || now.Run.Status != s.last.Status {
		s.pause = shortestPause
	} else {
		s.pause = min(s.pause*3/2, longestPause)
	}
	s.last, s.failing, s.retry = now.Run, 0, 0
	if !now.Run.Ended() {
		now.Wait = jittered(s.pause)
	}
}

// forget forgets the oldest of what was told but for some.
func (s *following) forget(all int) {
	over := max(0, len(s.order)-all)
	for _, key := range s.order[:over] {
		delete(s.told, key)
	}
	s.order = slices.Delete(s.order, 0, over)
}

// bear decides on a failure that took a while to come: whether it is told and
// tried again, or ends the following.
func (s *following) bear(err error, took time.Duration, now *Update) error {
	var failed *Error
	if !Passing(err) || !errors.As(err, &failed) {
		return err
	}
	s.retry = min(max(s.retry*2, shortestPause), longestRetry)
	wait := max(jittered(s.retry), failed.RetryAfter)
	patience := s.Patience
	if s.last.Status == "" {
		patience = firstPatience
	}
	if s.failing += took + wait; patience > 0 && s.failing > patience {
		return err
	}
	*now = Update{Run: s.last, Wait: wait, Err: err}
	return nil
}

// Passing reports that the same question may be answered later: the service is
// out of reach or asks to wait. It says nothing about the credential.
func Passing(err error) bool { return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrRateLimited) }

// jittered spreads the questions of many followers: up to a quarter is added.
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
