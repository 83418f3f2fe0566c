package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// furnished is Ada's fake, with models, servers and an answer.
func furnished() *talktest.Fake {
	f := talktest.SignedIn()
	f.Answer = []string{
		"The environment comes first, then the keychain, then auth.json.\n\n    for _, layer := ",
		"range layers {\n\t\task(layer)\n    }\n\nOf two stored copies the newer one wins.",
	}
	f.Catalog = talk.Models{List: []talk.Model{
		{ID: "anthropic/claude-sonnet-4.5", Context: 200_000, Input: 3, Output: 15, Capabilities: []string{"tools"}},
		{ID: "openai/gpt-5", Context: 400_000, Input: 1.25, Output: 10, Capabilities: []string{"tools", "vision"}},
		{ID: "groq/llama-3.3", Input: -1, Output: -1},
	}}
	f.Remote = talk.Servers{List: []talk.Server{
		{Name: "github", Enabled: true, Kind: "url", Target: "https://mcp.example.test/mcp", Masked: []string{"Authorization: ••••"}},
		{Name: "files", Kind: "command", Target: "npx server-files", Masked: []string{"TOKEN=••••"}},
	}}
	return f
}

// enter types a line and sends it.
func (r *rig) enter(line string) {
	r.Helper()
	r.types(line)
	r.press("enter")
}

func TestCockpitGolden(t *testing.T) {
	for name, window := range map[string]size{"80": window80, "40": window40} {
		bubble(t, furnished, Options{}, window, func(r *rig) {
			r.enter("Where does the token come from?")
			r.types("/m")
			r.golden("cockpit-answer-" + name)
			r.press("backspace", "backspace")
			r.enter("/models")
			r.golden("cockpit-models-" + name)
			r.press("esc")
			r.enter("/clear")
			r.enter("/mcp")
			r.enter("/logut")
			r.golden("cockpit-mcp-" + name)
		})
	}
}

func TestCockpitAsks(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("first")
		r.enter("second")
		r.shows("ask(layer)", "the newer one wins")
		if got := r.services.Asked; len(got) != 2 || len(got[1].Turns) != 3 || got[1].Turns[1].Role != "assistant" {
			t.Fatalf("asked: %v", got)
		}
		r.enter("/clear")
		r.lacks("first", "second")
		r.enter("third")
		if turns := r.services.Asked[2].Turns; len(turns) != 1 || turns[0] != (talk.Turn{Role: "user", Text: "third"}) {
			t.Errorf("after /clear: %v", turns)
		}
	})
}

// Each state of the cockpit shows what can be done next.
func TestCockpitSaysWhatIsNext(t *testing.T) {
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		r.press("esc")
		r.shows("Type /login to sign in. / shows commands.")
		r.lacks("Ask anything.")
	})
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		close(r.services.Granted)
		r.press("enter")
		r.shows("Signed in as Ada", "Ask anything.")
		r.enter("hello")
		r.lacks("Ask anything.")
	})
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.shows("Ask anything. / shows commands.")
		r.types("/")
		r.shows("/login", "/exit", "Tab completes · Enter sends 11 to choose from")
		r.press("tab", "tab")
		r.shows("> /logout", "2 of 11")
		r.press("ctrl+u")
		r.shows("Ctrl+J new line")
		r.enter("/models")
		r.types("zzz")
		r.shows("0 of 3", "No model has that in its name.")
	})
}

// A line that begins with a slash and a word is never sent to a model.
func TestCockpitCommandsAreNoPrompts(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("/logut")
		r.shows("! Unknown command: /logut.", "Did you mean /logout?")
		r.enter("/sync now")
		r.shows("! /sync takes no argument.")
		for _, line := range []string{"/status", "/mcp", "/sync", "/help", "/models", "/clear"} {
			r.enter(line)
			r.press("esc")
		}
		if len(r.services.Asked) != 0 {
			t.Errorf("asked: %v", r.services.Asked)
		}
		r.enter("/usr/bin is no command")
		if len(r.services.Asked) != 1 {
			t.Error("a path was not asked")
		}
	})
}

func TestCockpitLeaves(t *testing.T) {
	for _, how := range []func(r *rig){
		func(r *rig) { r.enter("/quit") },
		func(r *rig) { r.enter("/exit") },
		func(r *rig) { r.press("ctrl+d") },
		func(r *rig) { r.press("ctrl+c", "ctrl+c") },
	} {
		bubble(t, furnished, Options{}, window40, func(r *rig) {
			release := r.services.Hold("Prompt")
			defer release()
			r.enter("ask something that takes long")
			if how(r); !r.quit {
				t.Error("still there")
			}
		})
	}
}

// The rig checks after each key that the screen fits its window.
func TestCockpitFits(t *testing.T) {
	for _, window := range []size{window80, window40, {120, 40}, {20, 6}} {
		bubble(t, furnished, Options{Options: talk.Options{Attach: "run-1"}}, window, func(r *rig) {
			r.services.Updates = []talk.RunUpdate{running, ended("failed", "The tests fail.")}
			r.press("r", "pgup", "q")
			r.services.Account.Account = "山田太郎と呼ばれる人 <yamada.taro@example.test>"
			for _, line := range []string{"日本語で答えて", "/models", "/mcp", "/help", "/status", "/nothing", "/logout"} {
				r.enter(line)
				r.press("pgup", "esc")
			}
			r.send(tea.PasteMsg{Content: strings.Repeat("many lines\n", 100)})
			r.press("up", "ctrl+a")
			for _, other := range []size{window40, {20, 6}, window80} {
				r.send(tea.WindowSizeMsg{Width: other.width, Height: other.height})
			}
		})
	}
}

func TestCockpitStatusAndSync(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("/status")
		r.shows("· Signed in as Ada Lovelace <ada@example.test>.")
		r.enter("/sync")
		r.shows("· Models: 3, fetched just now.", "· MCP servers: 2, fetched just now.")
		r.services.Catalog.Stale = talktest.Problem{Text: "The service can't be reached."}
		r.services.Catalog.Fetched = time.Now().Add(-2 * time.Hour)
		r.services.Errs["Servers"] = talktest.Problem{Text: "The service says no."}
		r.enter("/sync")
		r.shows("Models: still the cached copy of 3.", "! The service can't be reached.", "! The service says no.")
		r.enter("/models")
		r.shows("Cached 2 hours ago. The service can't be reached.")
	})
}

func TestCockpitPicksAModel(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("/models")
		r.types("vision gpt")
		r.shows("1 of 3", "openai/gpt-5")
		r.lacks("groq")
		r.types("x")
		r.press("enter") // nothing is shown, nothing is picked
		r.press("backspace", "enter")
		r.shows("Now using openai/gpt-5.")
		r.enter("/models groq/llama-3.4")
		r.shows("The catalog has no model groq/llama-3.4.", "Did you mean groq/llama-3.3?")
		r.enter("hello")
		if got := r.services.Asked[0].Model; got != "openai/gpt-5" {
			t.Errorf("asked of %q", got)
		}
	})
}

func TestCockpitCompletes(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		composer := func() string { return r.top().(*cockpit).composer.text }
		for _, step := range []struct {
			types, key, want string
		}{
			{"/st", "tab", "/status"},
			{"", "ctrl+u", ""},
			{"/l", "tab", "/login"},
			{"", "tab", "/logout"},
			{"", "tab", "/login"},
			{"", "shift+tab", "/logout"},
			{"", "ctrl+u", ""},
			{"/mo", "tab", "/models "},
			{"g", "tab", "/models groq/llama-3.3"},
			{"", "ctrl+u", ""},
			{"hello", "tab", "hello"},
		} {
			r.types(step.types)
			r.press(step.key)
			if composer() != step.want {
				t.Errorf("%s and %s: %q, want %q", step.types, step.key, composer(), step.want)
			}
		}
	})
}

func TestCockpitInterrupts(t *testing.T) {
	for _, key := range []string{"ctrl+c", "esc"} {
		bubble(t, furnished, Options{}, window80, func(r *rig) {
			defer r.services.Hold("Prompt")()
			r.enter("first")
			r.enter("second")
			r.shows("this has to wait")
			r.lacks("> first > second")
			r.wait(3200 * time.Millisecond)
			r.shows("Answering… 3 s")
			r.press(key)
			r.shows("Interrupted.", "then auth.json.")
			r.wait(2 * time.Second)
			r.lacks("Answering…", "ask(layer)")
			r.press("ctrl+u")
			r.enter("third")
			if turns := r.services.Asked[1].Turns; len(turns) != 3 || !strings.HasSuffix(turns[1].Text, "layer := ") {
				t.Errorf("the conversation goes on with %v", turns)
			}
		})
	}
}

func TestCockpitTellsFailuresApart(t *testing.T) {
	bubble(t, talktest.SignedIn, Options{}, window80, func(r *rig) {
		r.services.Answer = nil
		for _, p := range []talktest.Problem{
			{Text: "The token is not accepted.", SignIn: true},
			{Text: "Too many requests.", Hint: "Try again in 20 s."},
		} {
			r.services.Errs["Prompt"] = p
			r.enter("hello")
			r.shows("! " + p.Text)
		}
		r.shows("/login signs in again.", "Try again in 20 s.")
		delete(r.services.Errs, "Prompt")
		r.enter("hello")
		r.shows("The answer is empty.")
		if turns := r.services.Asked[2].Turns; len(turns) != 1 {
			t.Errorf("prompts that were not answered are sent again: %v", turns)
		}
	})
}

// Text from a service never steers the terminal.
func TestCockpitShowsHostileTexts(t *testing.T) {
	hostile := "\x1b[2J\x1b]0;title\x07\u009b31m\u202eevil\r\b"
	f := func() *talktest.Fake {
		f := furnished()
		f.Account.Account, f.Account.Source = "Ada "+hostile, hostile
		f.Account.Warnings = []string{hostile}
		f.Answer, f.State = []string{hostile}, hostile
		f.Catalog.List[0].ID, f.Catalog.List[0].Capabilities = hostile, []string{hostile}
		f.Remote.List[0] = talk.Server{Name: hostile, Kind: hostile, Target: hostile, Masked: []string{hostile}}
		f.Report.Lines = []string{hostile}
		return f
	}
	bubble(t, f, Options{}, window80, func(r *rig) {
		for _, line := range []string{"hello", "/status", "/mcp", "/models", "/logout"} {
			r.enter(line)
			if content := r.View().Content; strings.ContainsAny(content, "\u009b\u202e\r\b\x07") || strings.Contains(content, "\x1b[2J") {
				t.Errorf("after %s the screen has %q", line, content)
			}
		}
	})
}

// The app survives random keys and events, and always fits its window.
func TestCockpitOfRandomDoings(t *testing.T) {
	keys := typing("<enter><enter><esc><tab><shift+tab><up><down><left><right><pgup><pgdown><backspace><ctrl+c><ctrl+j><ctrl+w>/a 日?x")
	lines := []string{"/models", "/mcp", "/help", "/status", "/sync", "/login", "/logout", "/clear", "/nothing", "hello"}
	random := seeded(t)
	for range 20 {
		bubble(t, furnished, Options{Options: talk.Options{Attach: []string{"", "run-1"}[random.IntN(2)]}}, window80, func(r *rig) {
			r.services.Updates = []talk.RunUpdate{running}
			for range 60 {
				msg := tea.Msg(keys[random.IntN(len(keys))])
				switch random.IntN(12) {
				case 0:
					msg = tea.WindowSizeMsg{Width: 1 + random.IntN(100), Height: 1 + random.IntN(30)}
				case 1, 2, 3:
					line := lines[random.IntN(len(lines))]
					r.types(line)
					r.Log("types", line)
					msg = keyPress("enter")
				case 4:
					now := []talk.Session{talktest.Ada, {}, {SignedIn: true, ID: "key"}}[random.IntN(3)]
					r.services.Change(func() { r.services.Account = now })
					r.Logf("the session is %q", now.ID)
				case 5:
					msg = tea.PasteMsg{Content: randomText(random)}
				case 6:
					r.wait(time.Duration(random.IntN(3)) * time.Second)
				}
				r.Logf("%T %[1]v", msg)
				r.send(msg)
				if r.quit && len(r.services.Logged) > 0 && strings.HasPrefix(r.services.Logged[len(r.services.Logged)-1], "panic") {
					t.Fatal(r.services.Logged)
				}
			}
		})
	}
}

func TestCockpitWarnsOnce(t *testing.T) {
	f := func() *talktest.Fake {
		f := furnished()
		f.Account.Warnings = []string{"The keychain is locked."}
		return f
	}
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.services.Change(func() {})
		r.settle()
		if n := strings.Count(r.screen(), "The keychain is locked."); n != 1 {
			t.Errorf("warned %d times:\n%s", n, r.screen())
		}
	})
}

// If a provider's list can't be read, a model is taken by its name, unless the key is the reason.
func TestAModelWithoutAList(t *testing.T) {
	for _, c := range []struct {
		session talk.Session
		why     talk.Problem
		taken   bool
	}{
		{talktest.OpenAI, talk.Problem{Text: "The service refused the prompt."}, true},
		{talktest.OpenAI, talk.Problem{Text: "The key is wrong.", SignIn: true}, false},
		{talktest.Ada, talk.Problem{Text: "No usable answer."}, false},
	} {
		unlisted := func() *talktest.Fake {
			f := talktest.New()
			f.Account, f.Errs["Models"] = c.session, talktest.Problem(c.why)
			return f
		}
		bubble(t, unlisted, Options{}, window80, func(r *rig) {
			r.enter("/models some/model")
			r.shows(c.why.Text)
			if got := r.talk.Model() == "some/model"; got != c.taken {
				t.Errorf("%+v: taken %v", c.why, got)
			}
		})
	}
}
