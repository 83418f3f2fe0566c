package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// clockVariable moves the clock of the mogplex under test by a duration, because faketime cannot move that of a static Go
// program.
const clockVariable = "MOGPLEX_SOAK_CLOCK="

// clockPatch makes time.Now follow clockVariable. The monotonic clock stays, as it does if somebody sets a real clock.
var clockPatch = []struct{ old, new string }{
	{"import (\n", "import (\n\t\"syscall\"\n"},
	{"\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {", `
	sec, nsec, mono := runtimeNow()
	soakText, _ := syscall.Getenv("MOGPLEX_SOAK_CLOCK")
	soakOffset, _ := ParseDuration(soakText)
	sec += int64(soakOffset / Second)
	if mono == 0 {`},
}

// build makes the binary from this module's source, with a patched package time.
func (s *soak) build(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go's source: %w", err)
	}
	original := filepath.Join(string(bytes.TrimSpace(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	for _, p := range clockPatch {
		if bytes.Count(source, []byte(p.old)) != 1 {
			return errors.New("patch the clock: this Go has another time.Now")
		}
		source = bytes.Replace(source, []byte(p.old), []byte(p.new), 1)
	}
	patched, overlay := filepath.Join(s.dir, "time.go"), filepath.Join(s.dir, "overlay.json")
	names, err := json.Marshal(map[string]map[string]string{"Replace": {original: patched}})
	if err := errors.Join(err, os.WriteFile(patched, source, 0o600), os.WriteFile(overlay, names, 0o600)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-overlay="+overlay,
		"-o", s.binary, "github.com/mogplex/mogplex-cli")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build mogplex: %w\n%s", err, out)
	}
	return nil
}
