package talk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// chooseModel offers the list of models or, if one is named, takes that.
func (t *Talk) chooseModel(name string) {
	t.do("Asking for the models", func(ctx context.Context) func() {
		models, err := t.services.Models(ctx, false)
		return func() {
			if err == nil {
				t.catalog = models.List
			}
			switch {
			case err != nil:
				t.explain(err)
				if t.goesUnlisted(name, err) {
					t.Use(name)
				}
			case name != "":
				t.useNamed(name)
			case len(models.List) == 0:
				t.problem(Problem{Text: "The catalog has no models.", Hint: "/sync fetches it again."})
			default:
				t.front.ChooseModel(models.List, t.staleText(models.Fetched, models.Stale))
			}
		}
	})
}

// goesUnlisted reports that a model is taken by its name although its provider's list could not be read: not every
// provider has one.
func (t *Talk) goesUnlisted(name string, err error) bool {
	why := t.services.Explain(err)
	return name != "" && t.session.Provider != auth.Mogplex && !why.Gone && !why.SignIn
}

// useNamed takes a model that was typed.
func (t *Talk) useNamed(name string) {
	var ids []string
	for _, m := range t.catalog {
		if m.ID == name {
			t.Use(name)
			return
		}
		ids = append(ids, m.ID)
	}
	p := Problem{Text: fmt.Sprintf("The catalog has no model %s.", name), Hint: "/models lists them."}
	if near := text.Nearest(name, ids); near != "" {
		p.Hint = fmt.Sprintf("Did you mean %s?", near)
	}
	t.problem(p)
}

// Use has a model answer from now on.
func (t *Talk) Use(model string) {
	t.model = model
	t.say(Noticed, fmt.Sprintf("Now using %s.", model))
}

// FetchCatalog gets what model names are completed from, and then calls a function. A provider is asked by /models
// alone, which also says why a list can't be had.
func (t *Talk) FetchCatalog(then func()) {
	if !t.session.SignedIn || t.session.Provider != auth.Mogplex {
		return
	}
	id := t.session.ID
	t.spawn(func() {
		models, err := t.services.Models(t.ctx, false)
		t.post(func() {
			if err == nil && t.session.ID == id {
				t.catalog = models.List
				then()
			}
		})
	})
}

// Details describe a model; each may be empty.
func (m Model) Details() (context, price, can string) {
	if m.Context > 0 {
		context = tokens(m.Context)
	}
	if m.Input >= 0 && m.Output >= 0 {
		price = fmt.Sprintf("$%s / $%s", dollars(m.Input), dollars(m.Output))
	}
	return context, price, text.Line(strings.Join(m.Capabilities, " "))
}

func tokens(n int) string {
	switch {
	case n >= 1_000_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e6), ".0") + "M"
	case n >= 1000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

func dollars(price float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.2f", price), ".00")
}

// serversText lists the remote MCP servers.
func serversText(servers []Server) string {
	if len(servers) == 0 {
		return "The account has no remote MCP servers."
	}
	var lines []string
	for _, server := range servers {
		state := "enabled"
		if !server.Enabled {
			state = "disabled"
		}
		lines = append(lines, fmt.Sprintf("%s (%s, %s)", text.Line(server.Name), text.Line(server.Kind), state))
		for _, detail := range append([]string{server.Target}, server.Masked...) {
			lines = append(lines, "  "+text.Line(detail))
		}
	}
	return strings.Join(lines, "\n")
}

// staleText says how old a cached copy is, and why it is used; it is empty for a list that is not stale.
func (t *Talk) staleText(fetched time.Time, why error) string {
	if why == nil {
		return ""
	}
	return fmt.Sprintf("Cached %s. %s", text.Ago(t.opt.Now().Sub(fetched)), t.services.Explain(why).Text)
}
