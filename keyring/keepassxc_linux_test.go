package keyring_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// Without AutoSaveAfterEveryChange=false KeePassXC 2.7.4 crashes now and then: it
// saves in a thread of its own while an entry is deleted in another.
const keePassConfig = `[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem=false
ConfirmDeleteItem=false
[General]
AutoSaveAfterEveryChange=false
AutoSaveOnExit=false
SingleInstance=false
UpdateCheckMessageShown=true
[GUI]
CheckForUpdates=false
`

// keePassXC starts a headless KeePassXC with an open database, on a session bus
// that has no other provider.
func keePassXC(t *testing.T, config string) {
	t.Helper()
	installed(t, "keepassxc", "keepassxc-cli")
	s := session(t, keyringtest.Options{NoProvider: true})
	dir := t.TempDir()
	database := exposedDatabase(t, dir)
	settings := filepath.Join(dir, "keepassxc.ini")
	if err := os.WriteFile(settings, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	startProvider(t, "pw\n", "keepassxc", "--config", settings, "--localconfig", filepath.Join(dir, "local.ini"), "--pw-stdin", database)
	conn := dial(t, s)
	eventually(t, "KeePassXC has its collection open", func() bool {
		collections, err := conn.Object(stubName, stubPath).GetProperty(stubInterface + "Service.Collections")
		paths, _ := collections.Value().([]dbus.ObjectPath)
		if err != nil || len(paths) == 0 {
			return false
		}
		locked, err := conn.Object(stubName, paths[0]).GetProperty(stubInterface + "Collection.Locked")
		return err == nil && locked.Value() == false
	})
}

// exposedDatabase makes a database whose root group is on the bus.
func exposedDatabase(t *testing.T, dir string) string {
	t.Helper()
	plain, exposed := filepath.Join(dir, "plain.kdbx"), filepath.Join(dir, "exposed.kdbx")
	keePassCLI(t, "pw\npw\n", "db-create", "--set-password", plain)
	text := keePassCLI(t, "pw\n", "export", "--format", "xml", plain)
	group := regexp.MustCompile(`<Root>\s*<Group>\s*<UUID>([^<]+)`).FindStringSubmatch(text)
	if group == nil {
		t.Fatal("the export has no root group")
	}
	id, err := base64.StdEncoding.DecodeString(group[1])
	if err != nil || len(id) != 16 {
		t.Fatalf("the root group's id has %d bytes: %v", len(id), err)
	}
	data := fmt.Sprintf("<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{%x-%x-%x-%x-%x}</Value></Item></CustomData></Meta>",
		id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	changed := filepath.Join(dir, "changed.xml")
	if err := os.WriteFile(changed, []byte(strings.Replace(text, "</Meta>", data, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	keePassCLI(t, "pw\npw\n", "import", "--set-password", changed, exposed)
	return exposed
}

func keePassCLI(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("keepassxc-cli", args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("keepassxc-cli %s: %v", args[0], err)
	}
	return string(out)
}

func TestContractOfKeePassXC(t *testing.T) {
	keePassXC(t, keePassConfig)
	k := open(keyring.Options{Timeout: 5 * limit}) // the largest value is a lot
	if got := k.Backend(t.Context()); got != "Secret Service (KeePassXC)" {
		t.Errorf("backend %q", got)
	}
	eventually(t, "an item that does not stay blank, as the first ones can", func() bool {
		return k.Set(t.Context(), "first", []byte("v")) == nil
	})
	if _, err := k.Delete(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	keyringtest.Contract(t, k)
}

// As it is installed, KeePassXC asks in a window of its own before a program
// reads or overwrites what is there. Nobody answers it here.
func TestAKeePassXCThatAsksForEveryAccessIsWaitedForNoLongerThanSet(t *testing.T) {
	keePassXC(t, strings.ReplaceAll(keePassConfig, "=false\nConfirmDelete", "=true\nConfirmDelete"))
	for _, test := range []struct {
		attended bool
		limit    time.Duration
		want     error
	}{{false, limit, keyring.ErrLocked}, {true, time.Second, keyring.ErrTimeout}} {
		opt := keyring.Options{Attended: test.attended, Timeout: test.limit}
		eventually(t, "KeePassXC knows the item that the first call made", func() bool {
			started := time.Now()
			setErr := open(opt).Set(t.Context(), "a", []byte("v"))
			_, found, getErr := open(opt).Get(t.Context(), "a")
			removed, deleteErr := open(opt).Delete(t.Context(), "a")
			errs := []error{setErr, getErr, deleteErr}
			for _, err := range errs {
				if err != nil && !errors.Is(err, test.want) || found || removed {
					t.Errorf("attended %v: %v, found %v, removed %v; want %v", test.attended, err, found, removed, test.want)
				}
			}
			if took := time.Since(started); took > limit/2 {
				t.Errorf("attended %v: three calls took %s", test.attended, took)
			}
			return !slices.Contains(errs, nil) // it is not seen by every search at first
		})
	}
}

// KeePassXC gives every item attributes of its own. One that is taken for
// another program's for them could be neither renewed nor signed out of.
func TestAnItemThatGoKeyringMadeIsOursByItsPayload(t *testing.T) {
	for attribute, ours := range map[string]bool{
		"Notes": true, "Path": true, "Title": true, "URL": true, "UserName": true, "Uuid": true, "another": false,
	} {
		t.Run(attribute, func(t *testing.T) {
			s := holding(&stub{}, storedV)
			delete(s.attributes, "xdg:schema")
			s.attributes[attribute] = "x"
			startStub(t, s)
			k := open(keyring.Options{})
			if _, found, err := k.Get(t.Context(), "a"); found != ours || err != nil {
				t.Errorf("get: found %v, %v", found, err)
			}
			if err := k.Set(t.Context(), "a", []byte("w")); err != nil {
				t.Errorf("set: %v", err)
			}
			if _, created, replaced := s.state(); created == ours || replaced {
				t.Errorf("another item was created: %v, in place of the other: %v", created, replaced)
			}
		})
	}
}
