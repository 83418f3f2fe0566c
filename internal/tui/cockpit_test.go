package tui

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// furnished is Ada's fake, with models, servers and an answer.
func furnished() *fake {
	f := signedIn()
	f.answer = []string{
		"The environment comes first, then the keychain, then auth.json.\n\n    for _, layer := ",
		"range layers {\n\t\task(layer)\n    }\n\nOf two stored copies the newer one wins.",
	}
	f.models = Models{List: []Model{
		{"anthropic/claude-sonnet-4.5", "anthropic", "Claude Sonnet 4.5", 200_000, 3, 15, []string{"tools"}},
		{"openai/gpt-5", "openai", "GPT-5", 400_000, 1.25, 10, []string{"tools", "vision"}},
		{"groq/llama-3.3", "groq", "Llama 3.3", 0, -1, -1, nil},
	}}
	f.servers = Servers{List: []Server{
		{"github", true, "url", "https://mcp.example.test/mcp", []string{"Authorization: ••••"}},
		{"files", false, "command", "npx server-files", []string{"TOKEN=••••"}},
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
		if got := r.services.asked; len(got) != 2 || len(got[1].Turns) != 3 || got[1].Turns[1].Role != "assistant" {
			t.Fatalf("asked: %v", got)
		}
		r.enter("/clear")
		r.lacks("first", "second")
		r.enter("third")
		if turns := r.services.asked[2].Turns; len(turns) != 1 || turns[0] != (Turn{"user", "third"}) {
			t.Errorf("after /clear: %v", turns)
		}
	})
}

// What to do next is said where somebody may be at a loss.
func TestCockpitSaysWhatIsNext(t *testing.T) {
	bubble(t, newFake, Options{}, window80, func(r *rig) {
		r.press("esc")
		r.shows("Type /login to sign in. / shows commands.")
		r.lacks("Ask anything.")
	})
	bubble(t, newFake, Options{}, window80, func(r *rig) {
		close(r.services.granted)
		r.press("enter")
		r.shows("Signed in: Ada", "Ask anything.")
		r.enter("hello")
		r.lacks("Ask anything.")
	})
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.shows("Ask anything. / shows commands.")
		r.types("/")
		r.shows("/login", "/exit", "Tab completes · Enter sends 10 to choose from")
		r.press("tab", "tab")
		r.shows("> /logout", "2 of 10")
		r.press("ctrl+u")
		r.shows("Ctrl+J new line")
		r.enter("/models")
		r.types("zzz")
		r.shows("0 of 3", "No model has that in its name.")
	})
}

// A slash and a word is never sent to a model.
func TestCockpitCommandsAreNoPrompts(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("/logut")
		r.shows("! There is no command /logut.", "Did you mean /logout?")
		r.enter("/sync now")
		r.shows("! /sync takes nothing after it.")
		for _, line := range []string{"/status", "/mcp", "/sync", "/help", "/models", "/clear"} {
			r.enter(line)
			r.press("esc")
		}
		if len(r.services.asked) != 0 {
			t.Errorf("asked: %v", r.services.asked)
		}
		r.enter("/usr/bin is no command")
		if len(r.services.asked) != 1 {
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
			release := r.services.hold("Prompt")
			defer release()
			r.enter("ask something that takes long")
			if how(r); !r.quit {
				t.Error("still there")
			}
		})
	}
}

// The rig looks after each key whether the screen fits its window.
func TestCockpitFits(t *testing.T) {
	for _, window := range []size{window80, window40, {120, 40}, {20, 6}} {
		bubble(t, furnished, Options{Attach: "run-1"}, window, func(r *rig) {
			r.services.updates = []RunUpdate{running, ended("failed", "The tests fail.")}
			r.press("r", "pgup", "q")
			r.services.account.Account = "山田太郎と呼ばれる人 <yamada.taro@example.test>"
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
		r.services.models.Stale = problem{Text: "The service can't be reached."}
		r.services.models.Fetched = time.Now().Add(-2 * time.Hour)
		r.services.errs["Servers"] = problem{Text: "The service says no."}
		r.enter("/sync")
		r.shows("Models: the kept copy of 3 stays.", "! The service can't be reached.", "! The service says no.")
		r.enter("/models")
		r.shows("This is the copy kept 2 hours ago. The service can't be reached.")
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
		r.shows("openai/gpt-5 answers from now on.")
		r.enter("/models groq/llama-3.4")
		r.shows("There is no model groq/llama-3.4 in the catalog.", "Did you mean groq/llama-3.3?")
		r.enter("hello")
		if got := r.services.asked[0].Model; got != "openai/gpt-5" {
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
			defer r.services.hold("Prompt")()
			r.enter("first")
			r.enter("second")
			r.shows("that has to wait")
			r.lacks("> first > second")
			r.wait(3200 * time.Millisecond)
			r.shows("Answering… 3 s")
			r.press(key)
			r.shows("Interrupted.", "then auth.json.")
			r.wait(2 * time.Second)
			r.lacks("Answering…", "ask(layer)")
			r.press("ctrl+u")
			r.enter("third")
			if turns := r.services.asked[1].Turns; len(turns) != 3 || !strings.HasSuffix(turns[1].Text, "layer := ") {
				t.Errorf("the conversation goes on with %v", turns)
			}
		})
	}
}

func TestCockpitTellsFailuresApart(t *testing.T) {
	bubble(t, signedIn, Options{}, window80, func(r *rig) {
		r.services.answer = nil
		for _, p := range []problem{
			{Text: "The token is not accepted.", SignIn: true},
			{Text: "Too many requests.", Hint: "Try again in 20 s."},
		} {
			r.services.errs["Prompt"] = p
			r.enter("hello")
			r.shows("! " + p.Text)
		}
		r.shows("/login signs in again.", "Try again in 20 s.")
		delete(r.services.errs, "Prompt")
		r.enter("hello")
		r.shows("The answer is empty.")
		if turns := r.services.asked[2].Turns; len(turns) != 1 {
			t.Errorf("prompts that were not answered are sent again: %v", turns)
		}
	})
}

// What comes from a service never steers the terminal.
func TestCockpitShowsHostileTexts(t *testing.T) {
	hostile := "\x1b[2J\x1b]0;title\x07\u009b31m\u202eevil\r\b"
	f := func() *fake {
		f := furnished()
		f.account.Account, f.account.Source = "Ada "+hostile, hostile
		f.account.Warnings = []string{hostile}
		f.answer, f.status = []string{hostile}, hostile
		f.models.List[0].ID, f.models.List[0].Capabilities = hostile, []string{hostile}
		f.servers.List[0] = Server{hostile, true, hostile, hostile, []string{hostile}}
		f.report.Lines = []string{hostile}
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

// Whatever is pressed, and whatever happens meanwhile, the app neither crashes
// nor is it drawn larger than its window. The rig looks at each screen, and what
// was done is logged.
func TestCockpitOfRandomDoings(t *testing.T) {
	keys := typing("<enter><enter><esc><tab><shift+tab><up><down><left><right><pgup><pgdown><backspace><ctrl+c><ctrl+j><ctrl+w>/a 日?x")
	lines := []string{"/models", "/mcp", "/help", "/status", "/sync", "/login", "/logout", "/clear", "/nothing", "hello"}
	for range 20 {
		bubble(t, furnished, Options{Attach: []string{"", "run-1"}[rand.IntN(2)]}, window80, func(r *rig) {
			r.services.updates = []RunUpdate{running}
			for range 60 {
				msg := tea.Msg(keys[rand.IntN(len(keys))])
				switch rand.IntN(12) {
				case 0:
					msg = tea.WindowSizeMsg{Width: 1 + rand.IntN(100), Height: 1 + rand.IntN(30)}
				case 1, 2, 3:
					line := lines[rand.IntN(len(lines))]
					r.types(line)
					r.Log("types", line)
					msg = keyPress("enter")
				case 4:
					now := []Session{ada, {}, {SignedIn: true, ID: "key"}}[rand.IntN(3)]
					r.services.change(func() { r.services.account = now })
					r.Logf("the session is %q", now.ID)
				case 5:
					msg = tea.PasteMsg{Content: randomText()}
				case 6:
					r.wait(time.Duration(rand.IntN(3)) * time.Second)
				}
				r.Logf("%T %[1]v", msg)
				r.send(msg)
				if errors.Is(r.err, ErrCrashed) {
					t.Fatal(r.services.logged)
				}
			}
		})
	}
}

func TestCockpitWarnsOnce(t *testing.T) {
	f := func() *fake {
		f := furnished()
		f.account.Warnings = []string{"The keychain is locked."}
		return f
	}
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.services.change(func() {})
		r.settle()
		if n := strings.Count(r.screen(), "The keychain is locked."); n != 1 {
			t.Errorf("warned %d times:\n%s", n, r.screen())
		}
	})
}

// A provider may have no list of models. One is taken by its name then, unless
// the key is the reason.
func TestAModelWithoutAList(t *testing.T) {
	for _, c := range []struct {
		session Session
		why     Problem
		taken   bool
	}{
		{openaiKey, Problem{Text: "The service refused the prompt."}, true},
		{openaiKey, Problem{Text: "The key is wrong.", SignIn: true}, false},
		{ada, Problem{Text: "No usable answer."}, false},
	} {
		unlisted := func() *fake {
			f := newFake()
			f.account, f.errs["Models"] = c.session, problem(c.why)
			return f
		}
		bubble(t, unlisted, Options{}, window80, func(r *rig) {
			r.enter("/models some/model")
			r.shows(c.why.Text)
			if got := r.top().(*cockpit).model == "some/model"; got != c.taken {
				t.Errorf("%+v: taken %v", c.why, got)
			}
		})
		talking(t, unlisted, Options{}, func(k *talk) {
			if said := k.types("/models some/model"); strings.Contains(said, "answers from now on") != c.taken ||
				!strings.Contains(said, c.why.Text) {
				t.Errorf("%+v: %s", c.why, said)
			}
		})
	}
}
