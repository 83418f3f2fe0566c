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
	"strings"
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
	overlay, err := s.patchClock(ctx)
	if err != nil {
		return fmt.Errorf("patch the clock: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-overlay="+overlay,
		"-o", s.binary, "github.com/mogplex/mogplex-cli")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build mogplex: %w\n%s", err, out)
	}
	return nil
}

// patchClock writes the patched source of package time, and returns the overlay file that names it.
func (s *soak) patchClock(ctx context.Context) (overlay string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	original := filepath.Join(string(bytes.TrimSpace(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	text := string(source)
	for _, p := range clockPatch {
		if strings.Count(text, p.old) != 1 {
			return "", errors.New("this Go has another time.Now")
		}
		text = strings.Replace(text, p.old, p.new, 1)
	}
	patched, overlay := filepath.Join(s.dir, "time.go"), filepath.Join(s.dir, "overlay.json")
	names, err := json.Marshal(map[string]map[string]string{"Replace": {original: patched}})
	return overlay, errors.Join(err, os.WriteFile(patched, []byte(text), 0o600), os.WriteFile(overlay, names, 0o600))
}
