package account

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// hasDir reports whether there is a state directory to look into.
func (d *doctor) hasDir() bool { return d.Dir != "" && d.NoDir == nil }

func (d *doctor) checkDirectory(context.Context) []Check {
	switch {
	case d.Dir == "":
		return skip(noSettings)
	case d.NoDir != nil:
		return []Check{{State: CheckFailure, Message: d.NoDir.Error(), Err: d.NoDir}}
	}
	info, err := os.Stat(d.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ok("%s does not exist yet; the first sign-in creates it", d.Dir)
	case err != nil:
		return []Check{{State: CheckFailure, Message: fmt.Sprintf("%s: %v", d.Dir, private.Cause(err)), Err: err}}
	case !info.IsDir():
		return []Check{{State: CheckFailure, Message: d.Dir + " is not a directory, so nothing can be stored there",
			Fix: "Move that file away, or set MOGPLEX_HOME to another directory."}}
	}
	dir := private.RealPath(d.Dir)
	home, _ := d.env.UserHome()
	open, err := private.Inspect(dir)
	switch {
	case err != nil:
		return []Check{{State: CheckFailure, Message: fmt.Sprintf("%s: %v", dir, private.Cause(err)),
			Fix: "Set MOGPLEX_HOME to a directory of yours, or make it yours with " + takeOwnership(dir) + "."}}
	case info.Mode().Perm()&0o700 != 0o700 && runtime.GOOS != "windows": // there the mode says little
		return []Check{{State: CheckFailure, Message: fmt.Sprintf("you may not write to %s (mode %04o)", dir, info.Mode().Perm()),
			Fix: "Allow it with `chmod 700 " + quoted(dir) + "`."}}
	case open != "" && home != "" && dir == private.RealPath(home): // its mode is not ours to change
		return ok("%s, your home directory (%s)", d.Dir, open)
	case open != "":
		return []Check{openToOthers(dir, open)}
	}
	return ok("%s, yours alone", d.Dir)
}

// openToOthers is the row for a file or directory that others may use.
func openToOthers(path, open string) Check {
	return Check{State: CheckWarning, Message: fmt.Sprintf("%s is open to others (%s)", path, open),
		Fix:    "remove the rights of others.",
		repair: func(context.Context) error { return private.CloseToOthers(path) }}
}

// profileHomes returns the directories of all profiles that exist, that of the default
// one first.
func (d *doctor) profileHomes() []string {
	homes := []string{d.Dir}
	entries, _ := os.ReadDir(filepath.Join(d.Dir, "profiles"))
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() && settings.ValidProfile(name) {
			homes = append(homes, auth.ProfileHome(d.Dir, name))
		}
	}
	return homes
}

// secretFiles are the files of a profile, and of each of its services, that others must
// not read. Codex's auth.json is not ours to judge.
func (d *doctor) secretFiles() []string {
	names := []string{"auth.json", "displaced.json", "models.remote.json", "mcp-servers.remote.json"}
	if d.Codex {
		names[0] = "auth.mogplex.json"
	}
	return names
}

// paths returns the paths, below the state directory, of the files and directories that
// others must not use. Many of them may not exist.
func (d *doctor) paths() (paths []string) {
	for _, home := range d.profileHomes() {
		if home != d.Dir {
			paths = append(paths, filepath.Dir(home), home)
		}
		for _, dir := range []string{"locks", "logs", "services"} {
			paths = append(paths, filepath.Join(home, dir))
		}
		for _, pattern := range []string{"locks/*", "logs/*.jsonl", "services/*"} {
			found, _ := filepath.Glob(filepath.Join(home, filepath.FromSlash(pattern)))
			paths = append(paths, found...)
		}
		paths = append(paths, d.filesIn(home)...)
	}
	return paths
}

// filesIn returns the paths of the secret files of a profile, where their links lead.
func (d *doctor) filesIn(home string) (paths []string) {
	for _, dir := range hostedDirs(home) {
		for _, name := range d.secretFiles() {
			path := filepath.Join(dir, name)
			if target, _, err := private.Resolve(path); err == nil {
				path = target
			}
			paths = append(paths, path)
		}
	}
	return paths
}

// checkFiles checks owners and modes. The content of auth.json is part of its profile's
// row.
func (d *doctor) checkFiles(context.Context) (rows []Check) {
	if !d.hasDir() {
		return skip("there is no state directory")
	}
	checked := map[string]bool{}
	for _, path := range d.paths() {
		if checked[path] {
			continue
		}
		open, err := private.Inspect(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			rows = append(rows, refused(path, err))
		case open != "":
			rows = append(rows, openToOthers(path, open))
		}
		checked[path] = true
	}
	if len(rows) == 0 {
		rows = ok("%s, yours alone", count(len(checked), "file or directory", "files and directories"))
	}
	return rows
}

// refused is the row for a file or directory that mogplex does not use.
func refused(path string, err error) Check {
	row := Check{State: CheckFailure, Message: fmt.Sprintf("%s: %v", path, private.Cause(err)), Fix: "Move it away."}
	if errors.Is(err, private.ErrNotOwner) || errors.Is(err, fs.ErrPermission) {
		row.Fix = "Move it away, or make it yours with " + takeOwnership(path) + "."
	}
	return row
}

// checkLeftovers looks for what killed writers left, and for backups of corrupt files.
func (d *doctor) checkLeftovers(context.Context) (rows []Check) {
	if !d.hasDir() {
		return skip("there is no state directory")
	}
	for _, home := range d.profileHomes() {
		for _, path := range d.filesIn(home) {
			if left := private.Leftovers(path); len(left) > 0 {
				rows = append(rows, Check{State: CheckWarning, Message: "an interrupted write left " + strings.Join(left, ", ") + ", which may hold a credential",
					Fix:    "remove what was left.",
					repair: func(context.Context) error { private.Sweep(path); return nil }})
			}
		}
		file := legacyfile.New(filepath.Join(home, d.secretFiles()[0]), legacyfile.Options{})
		for _, backup := range file.BackedUp() {
			rows = append(rows, Check{State: CheckWarning, Message: backup + " is a backup of a file that could not be parsed, and may hold a credential",
				Fix: "Look at it, then remove it."})
		}
	}
	if len(rows) == 0 {
		rows = ok("no temporary files of interrupted writes, no backups of corrupt files")
	}
	return rows
}

// checkLocks counts the locks that other processes hold.
func (d *doctor) checkLocks(context.Context) []Check {
	if !d.hasDir() {
		return skip("there is no state directory")
	}
	files, held := 0, 0
	for _, home := range d.profileHomes() {
		locks, _ := filepath.Glob(filepath.Join(home, "locks", "*.lock"))
		for _, path := range locks {
			file, _, err := private.Open(path)
			if err != nil {
				continue // checkFiles reports it
			}
			files++
			isHeld, err := private.Held(file)
			file.Close()
			switch {
			case err != nil:
				return []Check{{State: CheckWarning, Message: "the file system of " + path + " has no locks: mogplex takes them elsewhere, and other machines don't see them",
					Fix: "Set MOGPLEX_HOME to a local directory."}}
			case isHeld:
				held++
			}
		}
	}
	if held > 0 {
		return ok("other mogplex processes hold %d of %s", held, count(files, "lock", "locks"))
	}
	return ok("%s, none of them held", count(files, "lock file", "lock files"))
}

func (d *doctor) checkLogs(context.Context) []Check {
	if !d.hasDir() {
		return skip("there is no state directory")
	}
	files, size := 0, int64(0)
	for _, home := range d.profileHomes() {
		dir := filepath.Join(home, "logs")
		if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
			return []Check{{State: CheckWarning, Message: dir + " is not a directory, so no session is logged", Fix: "Move it away."}}
		}
		logs, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		for _, path := range logs {
			if info, err := os.Lstat(path); err == nil {
				files, size = files+1, size+info.Size()
			}
		}
	}
	return ok("%s, %d KiB", count(files, "session log", "session logs"), (size+1023)/1024)
}

// takeOwnership returns the command that gives a file or directory to this user.
func takeOwnership(path string) string {
	if runtime.GOOS == "windows" {
		return "`takeown /F \"" + path + "\"`"
	}
	return "`sudo chown -R $USER " + quoted(path) + "`"
}

// quoted quotes a path for a shell, if it needs that.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\n\"'`$&|;<>()*?[]#~\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// count formats a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
