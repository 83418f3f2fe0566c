package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

const file = "docs/mogplex.1"

func TestThePageIsUpToDate(t *testing.T) {
	t.Chdir("../../..")
	want, err := page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Errorf("%s is not what `go run ./internal/dev/manpage` prints", file)
	}
}

// man shows the page without a warning, and all its parts.
func TestManShowsThePage(t *testing.T) {
	t.Chdir("../../..")
	if _, err := exec.LookPath("groff"); err != nil {
		deep.Missing(t, "groff is not installed")
	}
	var shown, warnings strings.Builder
	cmd := exec.Command("groff", "-man", "-Tascii", "-P-cbou", "-ww", file)
	cmd.Stdout, cmd.Stderr = &shown, &warnings
	if err := cmd.Run(); err != nil || warnings.Len() > 0 {
		t.Errorf("groff: %v\n%s", err, &warnings)
	}
	for _, want := range []string{
		"mogplex - sign in to Mogplex once", "mogplex auth token", "--min-ttl TIME", "mogplex auth token --provider openai",
		"MOGPLEX_CREDENTIAL_STORE", "config.toml", "auth.json", "EXIT STATUS",
	} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the page does not show %q:\n%s", want, &shown)
		}
	}
}

func TestTextDoesNotControlThePage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		".SH NAME": `\&.SH NAME`, "'br": `\(aqbr`, `C:\Users`: `C:\eUsers`, "--to": `\-\-to`, "~/.mogplex": `\(ti/.mogplex`,
	} {
		if got := escape(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got, want := spans("`a-b`, see [the guide](docs/x.md)"), `\fBa\-b\fR, see the guide`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
