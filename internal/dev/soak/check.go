package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// group is the cells that a step's commands can move one service's credential between: the keychain's and the file's of
// a key, and of a key that shares the file.
type group []cell

// groups returns those that a command of the step is about, and if held all that hold a credential.
func (w *world) groups(s *step, held bool) (all []group) {
	for _, profile := range profiles {
		for service := range provider + 1 {
			first, second := key{0, profile, service}, key{1, profile, service}
			if w.shared(second) == first {
				all = append(all, group{{first, keychain}, {second, keychain}, {first, file}})
				continue
			}
			all = append(all, group{{first, keychain}, {first, file}}, group{{second, keychain}, {second, file}})
		}
	}
	names := func(at cell) bool {
		return slices.ContainsFunc(s.all(), func(c *command) bool { return w.about(c, at.key) })
	}
	return slices.DeleteFunc(all, func(g group) bool {
		return !slices.ContainsFunc(g, func(at cell) bool { return names(at) || held && w.cells[at] != nil })
	})
}

// check asks, with every fault taken back, what the places give that the step is about, and all that hold a credential if
// held, and compares that with what the step's commands can have done.
func (w *world) check(ctx context.Context, s *step, held bool) error {
	w.mayLieOpen(s)
	w.settle(ctx, s)
	groups := w.groups(s, held)
	before, after := maps.Clone(w.cells), w.look(ctx, s, groups)
	for _, g := range groups {
		w.compare(s, g, before, after)
	}
	maps.Copy(w.cells, after)
	w.orphans(s, slices.AppendSeq(w.ledger.since(s.had), maps.Values(before)))
	w.bury(nil)
	w.note("  then: %s", w.held())
	return w.sealed()
}

// bury enters which sign-ins have ended and still lie in a cell: all without a step, or those that a sign-out or a
// migration of the step left there when it failed.
func (w *world) bury(s *step) {
	for at, f := range w.cells {
		halfWay := s == nil || slices.ContainsFunc(s.all(), func(c *command) bool {
			return c.code != done && (c.name == logout && w.cell(c.key, at.store) == at || c.moves() && w.about(c, at.key))
		})
		if f != nil && halfWay && !f.alive() {
			w.buried[f] = true
		}
	}
}

// settle runs a migration that did not end well once more: both places may have the same sign-in.
func (w *world) settle(ctx context.Context, s *step) {
	seen := map[key]bool{}
	for _, c := range s.all() {
		k := w.shared(c.key)
		k.service = 0
		if c.moves() && (c.killed || c.code != done) && !seen[k] {
			seen[k] = true
			if again := w.plain(ctx, s, c.name, c.key, view{auto, true}); again.code != done && !w.blank(s, again) {
				w.blame(again, other, "afterwards, with every fault taken back, it still fails")
			}
		}
	}
}

// excuses reports whether the answer to a use of a family's token can be lost with its process, because one was killed or
// could save it nowhere, or whether there can be a copy of it.
func (w *world) excuses(s *step, f *family) bool {
	if s.has(diskFault) != nil && s.has(keychainFault) != nil {
		return true
	}
	return slices.ContainsFunc(s.all(), func(c *command) bool {
		copied := c.moves() && c.code != done // a migration can leave the same sign-in in both places
		return (c.killed || copied) && w.about(c, f.key)
	})
}

// look asks `auth token` what each cell of some groups gives, nil if nothing. Of a sign-in that ended for a known reason
// it returns what was there.
func (w *world) look(ctx context.Context, s *step, groups []group) map[cell]*family {
	cells := slices.Concat(groups...)
	asked := make([]*command, len(cells))
	var running sync.WaitGroup
	for worker := range 3 {
		running.Go(func() {
			for i := worker; i < len(cells); i += 3 {
				c := &command{name: token, key: cells[i].key, view: view{cells[i].store, true}, patience: keychainPatience,
					bound: slack + w.claimed()}
				c.args = w.argsOf(c)
				w.exec(ctx, c)
				asked[i] = c
			}
		})
	}
	running.Wait()
	w.ledger.reused()
	after := map[cell]*family{}
	for i, at := range cells {
		c, was := asked[i], w.cells[at]
		after[at] = nil
		if t := w.ledger.lookUp(c.printed()); t != nil {
			after[at] = t.family
		} else if w.buried[was] || was.forgiven() {
			after[at] = was // a record that gives nothing
		}
		w.count(c)
		fmt.Fprintln(w.log, "      asked", c.outcome(), after[at])
		if c.code == failure && w.blank(s, c) && was == nil {
			w.mend(ctx, at)
		} else {
			w.judge(&step{}, c)
		}
	}
	return after
}

// mend removes an item that gnome-keyring left without a value when it was killed while it made the item.
func (w *world) mend(ctx context.Context, at cell) {
	w.blanks++
	if c := w.plain(ctx, &step{}, logout, at.key, view{keychain, true}); c.code != done {
		w.blame(c, other, "it does not remove a blank item")
	}
}

// compare checks a group after a step.
func (w *world) compare(s *step, g group, before, after map[cell]*family) {
	var news, had, has []*family
	for _, f := range w.ledger.since(s.had) {
		if f.key.service == g[0].service && w.shared(f.key) == w.shared(g[0].key) {
			news = append(news, f)
		}
	}
	for _, at := range g {
		had, has = append(had, before[at]), append(has, after[at])
	}
	for _, at := range g {
		was, is := before[at], after[at]
		switch {
		case was.forgiven():
			w.mourn(was)
		case was == is || w.buried[was] || is != nil && !is.alive(): // judge has a look at dead tokens
		case !w.writes(s, at):
			w.find(loss, "the %s of %s gave %s before, and gives %s; no command touched it", at.store, at.key, was, is)
		case is != nil && !slices.Contains(news, is) && !slices.Contains(had, is):
			w.find(loss, "the %s of %s gives %s, which was elsewhere", at.store, at.key, is)
		}
	}
	w.conserved(s, g, news, had, has)
}

// conserved checks that a group's credential went away by a sign-out alone, and that what a command reported is so.
func (w *world) conserved(s *step, g group, news, had, has []*family) {
	var writers []*command
	signedOut := false
	for _, c := range s.all() {
		if slices.ContainsFunc(g, func(at cell) bool { return w.touches(c, at) }) {
			writers = append(writers, c)
			signedOut = signedOut || c.name == logout
		}
	}
	alive := func(all []*family) bool { return slices.ContainsFunc(all, (*family).alive) }
	lost := slices.ContainsFunc(slices.Concat(had, news), (*family).forgiven)
	if !signedOut && !lost && slices.ContainsFunc(had, func(f *family) bool { return f != nil && !w.buried[f] }) && !alive(has) {
		w.find(loss, "%s had %v, and nobody signed out; it has %v", g[0].key, had, has)
	}
	if len(writers) != 1 || writers[0].code != done || lost {
		return
	}
	c := writers[0]
	switch c.name {
	case login, loginToken:
		if len(news) == 1 && !slices.Contains(has, news[0]) {
			w.blame(c, loss, "it reported a sign-in, and %s has %v", g[0].key, has)
		}
	case logout:
		for i, at := range g {
			if w.touches(c, at) && has[i].alive() && !(s.gap() && at.store == keychain) {
				w.blame(c, other, "it reported a sign-out, and the %s of %s gives %s", at.store, at.key, has[i])
			}
			if had[i] != nil && at.store == file && w.touches(c, at) {
				had[i].plain = false // sealed finds what is left of it
			}
		}
	}
}

// mourn counts a sign-in that ended because an answer was lost, once.
func (w *world) mourn(f *family) {
	if !w.mourned[f] {
		w.mourned[f] = true
		w.answersLost++
	}
}

// orphans finds sign-ins that live on at the service after a step without faults, while no store holds them.
func (w *world) orphans(s *step, all []*family) {
	for _, f := range all {
		held := slices.Contains(slices.Collect(maps.Values(w.cells)), f)
		if s.clean() && !held && f.alive() && !f.personal && w.services[f.key.service].revokes {
			w.find(other, "%s lives on at the service, and no store holds it", f)
		}
	}
}

// held is what the cells hold, for the log.
func (w *world) held() string {
	var text []string
	for at, f := range w.cells {
		if f != nil {
			text = append(text, fmt.Sprintf("%s %s: %s", at.key, at.store, f))
		}
	}
	slices.Sort(text)
	return strings.Join(text, "; ")
}

// finish looks at everything once more, signs out of everything, and looks for what is left.
func (w *world) finish(ctx context.Context) error {
	w.next()
	if err := w.check(ctx, &step{had: len(w.ledger.since(0))}, true); err != nil {
		return err
	}
	for dir := range 2 {
		c := w.plain(ctx, &step{}, logout, key{dir, profiles[0], serviceA}, view{auto, true}, "--all")
		if c.code != done {
			w.blame(c, other, "it fails with nothing wrong")
		}
	}
	w.note("signed out of everything")
	items, err := w.keyring.Items(ctx, "mogplex")
	if err != nil {
		return err
	}
	if len(items) > 0 {
		w.find(other, "signed out of everything, and the keychain has the items %v", items)
	}
	return w.leftInFiles()
}
