package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
)

// migrate moves the credential to auth.json and back. Where there is no
// keychain to move it to, it shows that the attempt loses nothing.
func (d *demo) migrate(ctx context.Context) {
	if d.keychain == "" {
		r := d.mogplex(ctx, nil, "auth", "migrate")
		d.check(r.code != 0, "Exit code %d: there is no keychain to move it to.", r.code)
		d.inFile()
		d.unchanged(ctx)
		return
	}
	d.mogplex(ctx, nil, "auth", "migrate", "--to", "file", "--dry-run")
	d.inKeychain(ctx)
	d.inNoFile()
	d.mogplex(ctx, nil, "auth", "migrate", "--to", "file")
	d.inFile()
	d.notInKeychain(ctx)
	d.mogplex(ctx, nil, "auth", "migrate")
	d.inKeychain(ctx)
	d.inNoFile()
	d.unchanged(ctx)
}

// unchanged checks that the token is still the one that was in force.
func (d *demo) unchanged(ctx context.Context) {
	d.check(d.token(ctx) == d.access, "It is the same token still.")
}

// inNoFile checks that the state directory holds no token.
func (d *demo) inNoFile() {
	found, files := d.holding()
	d.check(len(found) == 0, "No file in the state directory holds a token (searched: %d).", files)
}

// inFile checks that auth.json, for this user alone, holds the token, and no
// other file does.
func (d *demo) inFile() {
	found, files := d.holding()
	d.check(len(found) == 1 && found[0] == "auth.json", "auth.json holds the token, and no other file does (searched: %d).", files)
	if runtime.GOOS == "windows" {
		return // there it has an access list, which is not in the mode
	}
	info, err := os.Stat(filepath.Join(d.home, "auth.json"))
	d.check(err == nil && info.Mode().Perm() == 0o600, "Only this user may read it.")
}

// holding returns the files of the state directory in which any token seen so
// far can be read, by their names in it, and how many files there are.
func (d *demo) holding() (found []string, files int) {
	err := filepath.WalkDir(d.home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if d.anySecret(string(text)) {
			name, _ := filepath.Rel(d.home, path)
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		d.stop(err)
	}
	return found, files
}
