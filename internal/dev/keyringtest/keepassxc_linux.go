package keyringtest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/godbus/dbus/v5"
)

// KeePassConfig makes KeePassXC show no dialogs. Without AutoSaveAfterEveryChange=false KeePassXC 2.7.4 crashes now and then,
// because it saves in one thread while it deletes an entry in another.
const KeePassConfig = `[FdoSecrets]
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

// StartKeePassXC runs a headless KeePassXC with an open database, on a session that has no other provider, and returns when it
// answers. config is its settings file; see [KeePassConfig]. It needs the programs keepassxc and keepassxc-cli.
func (s *Session) StartKeePassXC(ctx context.Context, config string) error {
	s.provider.end()
	database, err := s.exposedDatabase(ctx)
	if err != nil {
		return fmt.Errorf("start KeePassXC: %w", err)
	}
	settings := filepath.Join(s.dir, "keepassxc.ini")
	if err := os.WriteFile(settings, []byte(config), 0o600); err != nil {
		return fmt.Errorf("start KeePassXC: %w", err)
	}
	cmd, log, err := s.command("keepassxc", "--config", settings, "--localconfig", filepath.Join(s.dir, "local.ini"), "--pw-stdin", database)
	if err != nil {
		return fmt.Errorf("start KeePassXC: %w", err)
	}
	defer log.Close()
	cmd.Env = append(cmd.Env, "QT_QPA_PLATFORM=offscreen")
	cmd.Stdin = strings.NewReader("pw\n")
	if s.provider, err = start(cmd); err != nil {
		return fmt.Errorf("start KeePassXC: %w", err)
	}
	err = poll(ctx, func() (bool, error) {
		select {
		case <-s.provider.done:
			return false, errors.New("ended early")
		default:
			return s.hasOpenCollection(ctx), nil
		}
	})
	if err != nil {
		return s.blame("keepassxc", err)
	}
	return nil
}

// hasOpenCollection reports whether the first collection is unlocked.
func (s *Session) hasOpenCollection(ctx context.Context) bool {
	var paths []dbus.ObjectPath
	if s.property(ctx, servicePath, serviceIface, "Collections", &paths) != nil || len(paths) == 0 {
		return false
	}
	locked := true
	err := s.property(ctx, paths[0], "org.freedesktop.Secret.Collection", "Locked", &locked)
	return err == nil && !locked
}

var rootGroup = regexp.MustCompile(`<Root>\s*<Group>\s*<UUID>([^<]+)`)

// exposedDatabase makes a database that offers its root group on the bus.
func (s *Session) exposedDatabase(ctx context.Context) (path string, err error) {
	plain, exposed := filepath.Join(s.dir, "plain.kdbx"), filepath.Join(s.dir, "exposed.kdbx")
	if _, err := keePassCLI(ctx, "pw\npw\n", "db-create", "--set-password", plain); err != nil {
		return "", err
	}
	text, err := keePassCLI(ctx, "pw\n", "export", "--format", "xml", plain)
	if err != nil {
		return "", err
	}
	group := rootGroup.FindStringSubmatch(text)
	if group == nil {
		return "", errors.New("the export has no root group")
	}
	id, err := base64.StdEncoding.DecodeString(group[1])
	if err != nil || len(id) != 16 {
		return "", fmt.Errorf("the root group's id has %d bytes", len(id))
	}
	data := fmt.Sprintf("<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{%x-%x-%x-%x-%x}</Value></Item></CustomData></Meta>",
		id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	changed := filepath.Join(s.dir, "changed.xml")
	if err := os.WriteFile(changed, []byte(strings.Replace(text, "</Meta>", data, 1)), 0o600); err != nil {
		return "", err
	}
	_, err = keePassCLI(ctx, "pw\npw\n", "import", "--set-password", changed, exposed)
	return exposed, err
}

func keePassCLI(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "keepassxc-cli", args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("keepassxc-cli %s: %w", args[0], err)
	}
	return string(out), nil
}
