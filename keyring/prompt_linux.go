package keyring

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// humanDelay is less than a person needs to read a prompt and dismiss it. A prompt that is dismissed sooner was never
// shown, because no program is running that shows prompts.
const humanDelay = 300 * time.Millisecond

// unlock unlocks a collection or an item: without a prompt if the provider can, else by its prompt if a person is there,
// else it returns ErrLocked.
func (v *vault) unlock(ctx context.Context, path dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := v.call(ctx, secretsPath, serviceInterface+".Unlock", 0, []any{[]dbus.ObjectPath{path}}, &unlocked, &prompt)
	if err != nil {
		return err
	}
	if prompt == noObject {
		if len(unlocked) == 0 {
			return fail(ErrLocked, "it did not unlock and offered no prompt")
		}
		return nil
	}
	switch open := v.isOpenWallet(ctx, path); {
	case open && !v.access.Attended:
		return v.showUnattended(ctx, prompt)
	case !v.access.Attended:
		v.dismiss(prompt)
		return fail(ErrLocked, "")
	case !open:
		v.access.OnPrompt()
	}
	return v.show(ctx, prompt)
}

// show shows a prompt and waits until it is completed, the provider goes away, or ctx ends.
func (v *vault) show(ctx context.Context, prompt dbus.ObjectPath) error {
	signals := make(chan *dbus.Signal, 8)
	v.conn.Signal(signals)
	defer v.conn.RemoveSignal(signals)
	matches := [][]dbus.MatchOption{
		{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptInterface)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)},
	}
	for _, m := range matches {
		if err := v.conn.AddMatchSignalContext(ctx, m...); err != nil {
			return classify(err)
		}
	}
	shown := time.Now()
	if err := v.call(ctx, prompt, promptInterface+".Prompt", 0, []any{""}); err != nil {
		v.dismiss(prompt)
		return err
	}
	for {
		select {
		case s, open := <-signals:
			if !open || s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return lost("the Secret Service ended while its prompt was open")
			}
			if s.Path == prompt && s.Name == promptInterface+".Completed" {
				return completed(s.Body, time.Since(shown))
			}
		case <-ctx.Done():
			v.dismiss(prompt)
			return ctx.Err()
		}
	}
}

// completed reads the body of Prompt.Completed: (dismissed b, result v).
func completed(body []any, took time.Duration) error {
	var dismissed bool
	if len(body) == 0 || dbus.Store(body[:1], &dismissed) != nil {
		return fail(ErrUnavailable, "the Secret Service's Completed signal has the wrong form")
	}
	switch {
	case !dismissed:
		return nil
	case took < humanDelay:
		return fail(ErrLocked, "no program is running that could ask for its password")
	}
	return failFor(errDismissed, ErrDenied)
}

// dismiss cancels a prompt. It does not wait for the answer.
func (v *vault) dismiss(prompt dbus.ObjectPath) {
	v.conn.Object(secretsName, prompt).Go(promptInterface+".Dismiss", dbus.FlagNoReplyExpected, nil)
}
