package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
	"github.com/gofrs/flock"
)

// finish signs out of everything and looks for what is left.
func (w *world) finish(ctx context.Context) error {
	c, err := w.signOutBesideTheApp(ctx)
	if err != nil {
		return w.blame(c, err)
	}
	err = w.leftInKeychain(ctx)
	if err == nil {
		err = w.leftInFiles()
	}
	if err == nil {
		err = w.leftRunning()
	}
	if err != nil {
		return w.blame(c, fmt.Errorf("left behind after signing out: %w", err))
	}
	return nil
}

// signOutBesideTheApp signs out of everything while the app is open, which has to show it. It returns the command that
// an error is about.
func (w *world) signOutBesideTheApp(ctx context.Context) (*command, error) {
	app := &command{name: theApp, bound: slack + appSettling}
	v, err := w.sit(ctx, app)
	if err != nil {
		return app, err
	}
	known, cancel := context.WithTimeout(ctx, slack)
	defer cancel()
	err = v.known(known)
	c := w.plain(ctx, "logout", "--all")
	w.count(c)
	if err == nil {
		err = v.notices(ctx, w)
	}
	err = errors.Join(err, v.ends(ctx, w))
	w.count(app)
	if err == nil {
		err = w.judge(&step{}, app)
	}
	if err != nil {
		return app, err
	}
	return c, w.judge(&step{}, c)
}

func (w *world) leftInKeychain(ctx context.Context) error {
	items, err := w.items(ctx)
	if err == nil && len(items) > 0 {
		err = fmt.Errorf("in the keychain: %v", items)
	}
	return err
}

// items are the names of mogplex' items in the keychain, by another program's eyes.
func (w *world) items(ctx context.Context) (names []string, err error) {
	bus, err := dbus.Connect(w.keyring.Address(), dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer bus.Close()
	const secrets, service = "org.freedesktop.secrets", "org.freedesktop.Secret.Service"
	// gnome-keyring knows a client for sure after it read a property.
	if _, err := bus.Object(secrets, "/org/freedesktop/secrets").GetProperty(service + ".Collections"); err != nil {
		return nil, fmt.Errorf("read the collections: %w", err)
	}
	var open, shut []dbus.ObjectPath
	err = bus.Object(secrets, "/org/freedesktop/secrets").
		CallWithContext(ctx, service+".SearchItems", 0, map[string]string{"service": "mogplex"}).Store(&open, &shut)
	if err != nil {
		return nil, fmt.Errorf("search the keychain: %w", err)
	}
	for _, item := range append(open, shut...) {
		attributes, err := bus.Object(secrets, item).GetProperty("org.freedesktop.Secret.Item.Attributes")
		if err != nil {
			return nil, fmt.Errorf("read an item's attributes: %w", err)
		}
		named, _ := attributes.Value().(map[string]string)
		names = append(names, named["username"])
	}
	return names, nil
}

// leftInFiles finds files that are neither a lock file nor the stamp that tells of changes nor a session log, and locks
// that somebody still holds.
func (w *world) leftInFiles() error {
	for _, dir := range []string{w.state(), w.temp(), filepath.Join(w.runtime(), "mogplex")} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err != nil || entry.IsDir():
				return err
			case entry.Name() == "changed", filepath.Ext(path) == ".jsonl":
				return nil
			case filepath.Ext(path) != ".lock":
				return fmt.Errorf("the file %s", strings.TrimPrefix(path, w.dir))
			}
			lock := flock.New(path)
			free, err := lock.TryLock()
			if err == nil && !free {
				err = fmt.Errorf("%s is held", strings.TrimPrefix(path, w.dir))
			}
			_ = lock.Close()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// leftRunning finds processes of mogplex.
func (w *world) leftRunning() error {
	programs, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range programs {
		if program, err := os.Readlink(link); err == nil && program == w.binary {
			return fmt.Errorf("the process %s", filepath.Base(filepath.Dir(link)))
		}
	}
	return nil
}
