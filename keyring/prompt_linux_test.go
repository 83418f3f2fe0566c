package keyring_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mogplex/mogplex-cli/keyring"
)

const storedV = "kr1:1:1:4c94485e0c21ae6c::dg" // "v"

// eventually polls until done returns true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting: %s", what)
		}
	}
}

// unlocking is a prompt and the result of the call that needs it.
type unlocking struct {
	name           string
	act            promptAct
	unattended     bool
	limit          time.Duration
	want           error
	shown, prompts int  // how often the provider showed it, and OnPrompt was called
	takenBack      bool // by Prompt.Dismiss
}

func TestUnlockPrompt(t *testing.T) {
	for _, test := range []unlocking{
		{name: "answered", act: answered, shown: 1, prompts: 1},
		{name: "dismissed by a person", act: dismissedSlowly, want: keyring.ErrDenied, shown: 1, prompts: 1},
		{name: "ended at once, as nothing can show it", act: dismissed, want: keyring.ErrLocked, shown: 1, prompts: 1},
		{name: "never answered", act: neverAnswered, limit: 300 * time.Millisecond, want: keyring.ErrTimeout, shown: 1, prompts: 1, takenBack: true},
		{name: "provider leaves", act: providerLeaves, want: keyring.ErrUnavailable, shown: 1, prompts: 1},
		{name: "nobody there", act: answered, unattended: true, want: keyring.ErrLocked, takenBack: true},
		{name: "completed with a word", act: completedOddly, want: keyring.ErrUnavailable, shown: 1, prompts: 1},
		{name: "completed with nothing", act: completedWithNothing, want: keyring.ErrUnavailable, shown: 1, prompts: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			for test.tooSlow(t) {
				test.limit *= 4
			}
		})
	}
}

// tooSlow runs the test, and reports that the machine was too slow for it: the limit
// passed before the prompt was shown, or a prompt that ended at once took as long as
// a person.
func (test unlocking) tooSlow(t *testing.T) bool {
	s := startStub(t, lockedAt(holding(&stub{unlockPrompt: test.act}, storedV), stubCollection))
	prompts := 0
	k := open(keyring.Options{Attended: !test.unattended, Timeout: test.limit, OnPrompt: func() { prompts++ }})
	start := time.Now()
	value, found, err := k.Get(t.Context(), "a")
	took := time.Since(start)
	shown, _ := s.counts()
	if test.limit > 0 && test.limit < limit && shown < test.shown || test.want == keyring.ErrLocked && personMayHave(err, took) {
		return true
	}
	if took > limit/2 || took < test.limit {
		t.Errorf("it took %s", took)
	}
	if !errors.Is(err, test.want) || found != (test.want == nil) || found && string(value) != "v" {
		t.Errorf("%q, found %v, %v; want %v", value, found, err, test.want)
	}
	if test.takenBack {
		eventually(t, "the prompt is taken back", func() bool { _, n := s.counts(); return n > 0 })
	}
	if shown != test.shown || prompts != test.prompts {
		t.Errorf("shown %d times, announced %d times", shown, prompts)
	}
	return false
}

func TestACancelledCallerTakesThePromptBack(t *testing.T) {
	s := startStub(t, lockedAt(holding(&stub{unlockPrompt: neverAnswered}, storedV), stubCollection))
	ctx, cancel := context.WithCancel(t.Context())
	k := open(keyring.Options{Attended: true})
	go func() {
		defer cancel()
		for shown := 0; shown == 0; shown, _ = s.counts() {
			time.Sleep(time.Millisecond)
		}
	}()
	if _, _, err := k.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	eventually(t, "the prompt is taken back", func() bool { _, n := s.counts(); return n > 0 })
}

func TestAnItemThatIsLockedByItself(t *testing.T) {
	s := startStub(t, lockedAt(holding(&stub{unlockPrompt: answered}, storedV), stubItem))
	if _, _, err := open(keyring.Options{}).Get(t.Context(), "a"); !errors.Is(err, keyring.ErrLocked) {
		t.Errorf("nobody there: %v; want ErrLocked", err)
	}
	if shown, _ := s.counts(); shown != 0 {
		t.Error("a prompt was shown to nobody")
	}
	value, _, err := open(keyring.Options{Attended: true}).Get(t.Context(), "a")
	if string(value) != "v" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}

func TestTwoPromptsAreAnnouncedOnce(t *testing.T) {
	s := startStub(t, lockedAt(holding(&stub{unlockPrompt: answered}, storedV), stubCollection, stubItem))
	announced := 0
	k := open(keyring.Options{Attended: true, OnPrompt: func() { announced++ }})
	if value, _, err := k.Get(t.Context(), "a"); string(value) != "v" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	if shown, _ := s.counts(); shown != 2 || announced != 1 {
		t.Errorf("shown %d times, announced %d times", shown, announced)
	}
}

func TestADismissedPromptIsNotShownAgainAtOnce(t *testing.T) {
	s := startStub(t, lockedAt(holding(&stub{unlockPrompt: dismissedSlowly}, storedV), stubCollection))
	k := open(keyring.Options{Attended: true})
	for range 3 {
		if _, found, err := k.Get(t.Context(), "a"); found || !errors.Is(err, keyring.ErrDenied) {
			t.Errorf("found %v, %v; want ErrDenied", found, err)
		}
	}
	if shown, _ := s.counts(); shown != 1 {
		t.Errorf("shown %d times", shown)
	}
}

func TestABlankItemOfOursIsCorrupt(t *testing.T) {
	startStub(t, holding(&stub{}, ""))
	if _, found, err := open(keyring.Options{}).Get(t.Context(), "a"); found || !errors.Is(err, keyring.ErrCorrupt) {
		t.Errorf("found %v, %v; want ErrCorrupt", found, err)
	}
}

func TestSetThroughAPrompt(t *testing.T) {
	for name, test := range map[string]struct {
		act   promptAct
		limit time.Duration
		want  error
		early error // if it left before it reported that the prompt is shown
	}{
		"answered":          {act: answered},
		"dismissed":         {act: dismissedSlowly, want: keyring.ErrDenied},
		"dismissed at once": {act: dismissed, want: keyring.ErrDenied},
		"never answered":    {act: neverAnswered, limit: 300 * time.Millisecond, want: keyring.ErrTimeout},
		"provider leaves":   {act: providerLeaves, limit: 300 * time.Millisecond, want: keyring.ErrTimeout, early: keyring.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			startStub(t, &stub{createPrompt: test.act})
			k := open(keyring.Options{Attended: true, Timeout: test.limit})
			start := time.Now()
			err := k.Set(t.Context(), "a", []byte("v"))
			if early := test.early != nil && errors.Is(err, test.early); !errors.Is(err, test.want) && !early {
				t.Errorf("set: %v; want %v", err, test.want)
			}
			if took := time.Since(start); took > limit/2 {
				t.Errorf("it took %s", took)
			}
			if test.limit > 0 {
				return
			}
			if _, found, err := k.Get(t.Context(), "a"); found != (test.want == nil) || err != nil {
				t.Errorf("get: found %v, %v", found, err)
			}
		})
	}
}

// A person may answer the prompt after the command reported that nothing was stored.
// The provider must not store it then: it drops the requests of a closed connection.
func TestASetThatTimedOutIsGoneFromTheBus(t *testing.T) {
	s := startStub(t, &stub{createPrompt: neverAnswered})
	k := open(keyring.Options{Attended: true, Timeout: 300 * time.Millisecond})
	if err := k.Set(t.Context(), "a", []byte("v")); !errors.Is(err, keyring.ErrTimeout) {
		t.Fatalf("set: %v; want ErrTimeout", err)
	}
	eventually(t, "the connection is closed", func() bool { return !s.clientIsThere() })
}

func TestAProviderThatAnswersRubbishIsUnavailable(t *testing.T) {
	word := func() (string, *dbus.Error) { return "word", nil }
	for method, answer := range map[string]any{
		"Collection.Locked":      "word",
		"Collection.SearchItems": func(map[string]string) (string, *dbus.Error) { return word() },
		"Service.OpenSession":    func(string, dbus.Variant) (string, *dbus.Error) { return word() },
		"Item.GetSecret":         func(dbus.ObjectPath) (string, *dbus.Error) { return word() },
		"Item.Attributes":        "word",
		"Service.Unlock":         func([]dbus.ObjectPath) (string, *dbus.Error) { return word() },
	} {
		t.Run(method, func(t *testing.T) {
			s := holding(&stub{answers: map[string]any{method: answer}}, "not ours to read")
			delete(s.attributes, "xdg:schema")
			if method == "Service.Unlock" {
				lockedAt(s, stubCollection)
			}
			startStub(t, s)
			_, found, err := open(keyring.Options{Attended: true}).Get(t.Context(), "a")
			if found || !errors.Is(err, keyring.ErrUnavailable) {
				t.Errorf("get: found %v, %v; want ErrUnavailable", found, err)
			}
		})
	}
	for method, answer := range map[string]any{
		"Service.Collections":   7,
		"Item.Attributes":       "word",
		"Collection.CreateItem": func(map[string]dbus.Variant, stubSecret, bool) (string, *dbus.Error) { return word() },
	} {
		t.Run("set with "+method, func(t *testing.T) {
			s := holding(&stub{answers: map[string]any{method: answer}}, storedV)
			delete(s.attributes, "xdg:schema")
			s.attributes["more"] = "theirs"
			startStub(t, s)
			err := open(keyring.Options{Attended: true}).Set(t.Context(), "a", []byte("w"))
			if !errors.Is(err, keyring.ErrUnavailable) {
				t.Errorf("set: %v; want ErrUnavailable", err)
			}
		})
	}
}
