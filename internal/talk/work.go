package talk

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Patience is how long work goes on before a front says what it waits for.
const Patience = time.Second

// work runs functions off the front's goroutine, and brings back to it what they post.
type work struct {
	ctx      context.Context // ends with the conversation
	cancel   context.CancelFunc
	logPanic func(value any, callers []uintptr)

	ready   chan struct{} // holds one while something is posted
	mu      sync.Mutex
	posted  []func()
	count   int           // functions under way
	ended   bool          // no more begin
	nobody  chan struct{} // closed when the last is done after the end
	crashed bool          // see [ErrCrashed]
	closed  bool          // see [Talk.Close]
}

func (w *work) init(ctx context.Context, logPanic func(any, []uintptr)) {
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.logPanic, w.ready, w.nobody = logPanic, make(chan struct{}, 1), make(chan struct{})
}

// Ready receives when [Talk.Handle] has something to do.
func (w *work) Ready() <-chan struct{} { return w.ready }

// Done ends with the conversation's context.
func (w *work) Done() <-chan struct{} { return w.ctx.Done() }

// post has the front's goroutine do something, in the order of the calls. It does not wait for it.
func (w *work) post(do func()) {
	w.mu.Lock()
	w.posted = append(w.posted, do)
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// Handle runs the posted functions.
func (t *Talk) Handle() {
	t.mu.Lock()
	posted := t.posted
	t.posted = nil
	t.mu.Unlock()
	for _, do := range posted {
		do()
	}
}

// spawn runs a function on a goroutine that [Talk.Close] waits for. A panic ends the conversation: what it holds is
// printed nowhere.
func (t *Talk) spawn(do func()) {
	if !t.add() {
		return
	}
	go func() {
		defer t.done()
		defer func() {
			if r := recover(); r != nil {
				t.logPanic(r, frames())
				t.post(func() { t.crashed, t.over = true, true })
			}
		}()
		do()
	}()
}

// frames returns the frames below a deferred function that recovers.
func frames() []uintptr {
	all := make([]uintptr, 100)
	return all[:runtime.Callers(3, all)]
}

func (w *work) add() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.count++
	}
	return !w.ended
}

func (w *work) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count--; w.count == 0 && w.ended {
		close(w.nobody)
	}
}

// end cancels the functions under way and waits for them, within limit.
func (w *work) end(limit time.Duration, slow func()) {
	w.mu.Lock()
	w.ended = true
	count := w.count
	w.mu.Unlock()
	w.cancel()
	if count == 0 {
		return
	}
	late, timer := time.NewTimer(Patience), time.NewTimer(limit)
	defer late.Stop()
	defer timer.Stop()
	for {
		select {
		case <-w.nobody:
			return
		case <-timer.C:
			return
		case <-late.C:
			slow()
		}
	}
}

// after does something on the front's goroutine after a while.
func (t *Talk) after(wait time.Duration, do func()) {
	t.spawn(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			t.post(do)
		case <-t.ctx.Done():
		}
	})
}

// Job is something that runs for a while.
type Job struct {
	Label  string // "Asking for the models"
	Began  time.Time
	cancel context.CancelFunc
	answer *answer // to a prompt; nil for a command
	heard  bool    // its end is reported even if it is interrupted
}

// Doing is the command or prompt that runs, or nil.
func (t *Talk) Doing() *Job { return t.job }

// newJob returns a job, and the context that it ends.
func (t *Talk) newJob(label string) (*Job, context.Context) {
	ctx, cancel := context.WithCancel(t.ctx)
	return &Job{Label: label, Began: t.opt.Now(), cancel: cancel}, ctx
}

// do runs work as the job, then what it returns on the front's goroutine, unless the job was cut.
func (t *Talk) do(label string, work func(ctx context.Context) (finish func())) {
	job, ctx := t.newJob(label)
	t.job = job
	t.spawn(func() {
		finish := work(ctx)
		t.post(func() {
			if t.job == job {
				t.endJob()
				finish()
			}
		})
	})
}

func (t *Talk) endJob() {
	t.job.cancel()
	t.job = nil
}

// cut ends the running job silently. The answer so far stays part of the conversation.
func (t *Talk) cut() {
	if t.job == nil {
		return
	}
	t.keep(t.job.answer)
	t.endJob()
}

// Interrupt ends the running job, and reports whether there was one.
func (t *Talk) Interrupt() bool {
	switch {
	case t.job == nil:
		return false
	case t.job.heard:
		t.job.cancel()
	default:
		t.cut()
		t.say(Noticed, "Interrupted.")
	}
	return true
}
