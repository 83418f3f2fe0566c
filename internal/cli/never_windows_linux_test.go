package cli

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// replaced is Wine's trace of a rename, with its flags.
var replaced = regexp.MustCompile(`MoveFileWithProgressW \(L".*\.mogplex.*auth\.json",.*,([0-9a-f]+)\)`)

// moveFlags are MOVEFILE_REPLACE_EXISTING and MOVEFILE_WRITE_THROUGH.
const moveFlags = "9"

// TestAnotherUserOfAWindowsMachineCannotReadTheStateDirectory is case 19: all that
// mogplex creates, the state directory first, has an access list that lets in its
// user alone, and a file's new content is on the disk when the command ends. Wine keeps
// access lists as modes, and gives rights to others to what has none.
func TestAnotherUserOfAWindowsMachineCannotReadTheStateDirectory(t *testing.T) {
	t.Parallel()
	machine := startWine(t)
	w := machine.world(accountserver.Config{})
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file", "WINEDEBUG=trace+file")
	for _, args := range []string{"login --no-browser", "--profile work login --no-browser"} {
		said, err := w.login(w.command(strings.Fields(args)...))
		if err != nil {
			t.Fatalf("%s: %v: %s", args, err, said)
		}
		moves := replaced.FindAllStringSubmatch(said, -1)
		if len(moves) == 0 {
			t.Errorf("%s: Wine tells of no rename", args)
		}
		for _, move := range moves {
			if strings.TrimLeft(move[1], "0") != moveFlags {
				t.Errorf("%s: renamed with the flags %s", args, move[1])
			}
		}
	}
	files := 0
	err := filepath.WalkDir(w.state(""), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		files++
		info, err := entry.Info()
		empty := err == nil && entry.Type().IsRegular() && info.Size() == 0 // Windows has it inherit the directory's list
		if err == nil && !empty && info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s is open to others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil || files < 6 {
		t.Errorf("%d files and directories, %v", files, err)
	}
}
