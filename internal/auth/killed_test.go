package auth

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestAKilledLockHolderBlocksNobody(t *testing.T) {
	dir := t.TempDir()
	stock(t, dir, InKeychain, lasting("a", -time.Second))
	url, s := server(t, nil)
	cmd, stdin := startHolder(t, dir)
	wait := everywhere(t, 2, "token", dir, url)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	_ = stdin.Close()
	wantAll(t, wait(), "new1")
	s.wantCalls(t, 1)
}

// A process is killed during a request that never arrives. The processes that wait
// for its lock go on.
func TestAProcessKilledDuringARefreshBlocksNobody(t *testing.T) {
	arrived := make(chan bool)
	var first atomic.Bool
	dir := t.TempDir()
	stock(t, dir, InKeychain, lasting("a", -time.Second))
	url, s := server(t, func(r *http.Request) bool {
		if !first.CompareAndSwap(false, true) {
			return true
		}
		close(arrived)
		<-r.Context().Done() // the client was killed
		return false
	})
	cmd, _ := start(t, "token", dir, url)
	<-arrived
	wait := everywhere(t, 3, "token", dir, url)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	wantAll(t, wait(), "new1")
	s.wantCalls(t, 1)
}

// killedAtEachStep runs a role repeatedly in new directories, killed one step later
// each time until it ends by itself, and calls check after each run.
func killedAtEachStep(t *testing.T, role string, atLeast int, prepare func(t *testing.T, dir string), check func(t *testing.T, dir, url string, s *service, killed bool, output string)) {
	for steps := 0; ; steps++ {
		dir := t.TempDir()
		prepare(t, dir)
		url, s := server(t, nil)
		output, killed := run(t, role, dir, url, steps)
		check(t, dir, url, s, killed, output)
		if t.Failed() {
			t.Fatalf("killed after %d steps", steps)
		}
		if !killed {
			if steps < atLeast {
				t.Errorf("there were %d steps only", steps)
			}
			return
		}
	}
}

// tokenIn returns the account's token in a layer.
func tokenIn(t *testing.T, dir, layer string) string {
	t.Helper()
	m := shared(dir, "", nil)
	rec, _, err := m.layerNamed(layer).Store.Load(t.Context(), m.Key(Mogplex))
	must(t, err)
	return rec.Token.Reveal()
}

// A renewal that is killed before the request, or after the write, loses nothing.
// Between the service's answer and the write no program can avoid the loss: then a
// person has to sign in again.
func TestARenewalKilledAtAnyStep(t *testing.T) {
	lost := 0
	killedAtEachStep(t, "token", 6, func(t *testing.T, dir string) { stock(t, dir, InKeychain, lasting("a", -time.Second)) },
		func(t *testing.T, dir, url string, s *service, killed bool, _ string) {
			asked := s.calls.Load() > 0
			stored := tokenIn(t, dir, InKeychain) == "new1"
			res, err := shared(dir, url, nil).Token(t.Context(), Query{}, time.Minute)
			switch {
			case asked && !stored:
				lost++
				wantError(t, err, ErrRejected)
			default:
				must(t, err)
				wantToken(t, res, "new1")
				s.wantCalls(t, 1)
			}
			if got := tokenIn(t, dir, InFile); got != "" {
				t.Errorf("the file has %q", got)
			}
		})
	if lost > 2 { // before the read, and between it and the write
		t.Errorf("the answer is lost at %d steps", lost)
	}
}

func TestASignInKilledAtAnyStep(t *testing.T) {
	killedAtEachStep(t, "sign in", 8, func(t *testing.T, dir string) {
		stock(t, dir, InKeychain, lasting("old", time.Hour))
		stock(t, dir, InFile, lasting("stray", time.Hour))
	}, func(t *testing.T, dir, url string, _ *service, killed bool, _ string) {
		res, err := shared(dir, url, nil).Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		if token := res.Credential.Token.Reveal(); token != "signed-in" && (token != "old" || !killed) {
			t.Errorf("token %q", token)
		}
		run(t, "sign in", dir, url, -1)
		if k, f := tokenIn(t, dir, InKeychain), tokenIn(t, dir, InFile); k != "signed-in" || f != "" {
			t.Errorf("the keychain has %q, the file %q", k, f)
		}
	})
}

func TestASignOutKilledAtAnyStep(t *testing.T) {
	killedAtEachStep(t, "remove", 8, func(t *testing.T, dir string) {
		stock(t, dir, InKeychain, lasting("kc", time.Hour))
		stock(t, dir, InFile, lasting("stray", time.Hour))
		stock(t, dir, InFile, apiKey("openai", "o"))
	}, func(t *testing.T, dir, url string, _ *service, _ bool, _ string) {
		if output, _ := run(t, "remove", dir, url, -1); output != "removed" {
			t.Errorf("run again it printed %q", output)
		}
		_, err := shared(dir, url, nil).Token(t.Context(), Query{Provider: Mogplex}, time.Minute)
		wantError(t, err, ErrNotSignedIn)
		res, err := shared(dir, url, nil).Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "o")
	})
}

func TestAMigrationKilledAtAnyStep(t *testing.T) {
	for role, ends := range map[string][2]string{"to keychain": {InFile, InKeychain}, "to file": {InKeychain, InFile}} {
		killedAtEachStep(t, role, 8, func(t *testing.T, dir string) { stock(t, dir, ends[0], lasting("a", time.Hour)) },
			func(t *testing.T, dir, url string, _ *service, killed bool, output string) {
				if !killed && output != string(MoveDone) {
					t.Errorf("printed %q", output)
				}
				res, err := shared(dir, url, nil).Token(t.Context(), Query{}, time.Minute)
				must(t, err)
				wantToken(t, res, "a")
				run(t, role, dir, url, -1)
				if from, to := tokenIn(t, dir, ends[0]), tokenIn(t, dir, ends[1]); from != "" || to != "a" {
					t.Errorf("the source has %q, the destination %q", from, to)
				}
			})
	}
}

// A watcher drops the credential after many processes signed out at once.
func TestWatchNoticesManySignOutsAtOnce(t *testing.T) {
	dir := t.TempDir()
	stock(t, dir, InKeychain, lasting("a", time.Hour))
	m := shared(dir, "", nil)
	w := m.Watch(t.Context())
	wait := everywhere(t, 10, "remove", dir, "")
	wantReport(t, w)
	wantAll(t, wait(), "removed")
	_, err := m.Resolve(t.Context(), Query{})
	wantError(t, err, ErrNotSignedIn)
}

// Watchers notice a sign-out even if its process is killed right after it removed the
// credential.
func TestWatchNoticesASignOutThatIsKilled(t *testing.T) {
	dir := t.TempDir()
	stock(t, dir, InKeychain, lasting("a", time.Hour))
	m := shared(dir, "", nil)
	w := m.Watch(t.Context())
	for steps := 0; tokenIn(t, dir, InKeychain) != ""; steps++ {
		if _, killed := run(t, "remove", dir, "", steps); !killed {
			t.Fatal("it was never killed")
		}
	}
	wantReport(t, w)
}

// killedMove is a case of TestTheNextMoveFinishesAKilledOne.
type killedMove struct {
	name  string
	rev   Revision
	force bool // over another sign-in
	renew bool // between the two moves
}

// A process is killed at each step of a move. The credential is always stored
// somewhere, and the same command finishes the move.
func TestTheNextMoveFinishesAKilledOne(t *testing.T) {
	for _, test := range []killedMove{
		{"plain", firstRevision(), false, false}, {"from before revisions", Revision{}, false, false}, {"by force", firstRevision(), true, false},
		{"renewed in between", firstRevision(), false, true}, {"from before revisions, renewed in between", Revision{}, false, true},
	} {
		for _, how := range []Move{toKeychain, toFile} {
			t.Run(test.name+" to "+how.To, func(t *testing.T) {
				how.Force = test.force
				steps := 0
				for test.run(t, how, steps) {
					steps++
				}
				if steps < 6 {
					t.Errorf("there were only %d steps", steps)
				}
			})
		}
	}
}

// run kills the first move after some steps, and reports whether it did not end
// before.
func (test killedMove) run(t *testing.T, how Move, steps int) (killed bool) {
	r := newRig(t)
	from, to := r.ends(how)
	r.putRecord(t, from, Record{Credential: account("a", time.Hour), Revision: test.rev})
	if test.force {
		r.putRecord(t, to, Record{Credential: account("b", time.Hour), Revision: firstRevision()})
	}
	r.injector.killAfter(steps)
	moved := r.Move(t.Context(), r.Key(Mogplex), how)
	killed = r.injector.restart()
	if !killed && (moved.Outcome != MoveDone || moved.Err != nil) {
		t.Fatalf("not killed: %+v", moved)
	}
	res, err := r.Resolve(t.Context(), Query{All: true})
	must(t, err)
	want := "a"
	if token := res.Credential.Token.Reveal(); token != want && !(test.force && token == "b") {
		t.Fatalf("killed after %d steps: the token is %q", steps, token)
	}
	if test.renew {
		_, err := r.Renew(t.Context())
		must(t, err)
		want = "new1"
	}
	moved = r.Move(t.Context(), r.Key(Mogplex), how)
	if moved.Outcome != MoveDone && !(moved.Outcome == MoveSkipped && moved.Why == "it no longer exists") {
		t.Errorf("killed after %d steps: run again: %+v", steps, moved)
	}
	if r.token(from) != "" || r.token(to) != want {
		t.Errorf("killed after %d steps: left are %q, %q", steps, r.token(from), r.token(to))
	}
	return killed
}
