//go:build unix

package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// recipes run the code blocks of each recipe in docs/automation.md, by its heading.
var recipes = map[string]func(w *world, blocks []string){
	"curl":                        recipeForCurl,
	"git":                         recipeForGit,
	"Claude Code":                 recipeForClaudeCode,
	"OpenAI's client for Node.js": recipeForOpenAI,
	"Docker":                      recipeForDocker,
}

func TestRecipes(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(readDoc(t, "docs/automation.md"), "\n## Recipes\n")
	sections := strings.Split(text, "\n### ")[1:]
	if len(sections) != len(recipes) {
		t.Errorf("%d recipes in docs/automation.md, %d here", len(sections), len(recipes))
	}
	for _, section := range sections {
		heading, body, _ := strings.Cut(section, "\n")
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			run, ok := recipes[heading]
			if !ok {
				t.Fatal("nothing runs this recipe")
			}
			w := fakeWorld(t, accountserver.Config{})
			w.seed(30*time.Minute, "keychain")
			var blocks []string
			for _, block := range regexp.MustCompile("(?ms)^```\\w+\n(.*?)^```$").FindAllStringSubmatch(body, -1) {
				blocks = append(blocks, strings.ReplaceAll(block[1], "https://mogplex.com", w.service.url))
			}
			run(w, blocks)
		})
	}
}

// needs skips a test without a program.
func (w *world) needs(program string) {
	w.Helper()
	if _, err := exec.LookPath(program); err != nil {
		deep.Missing(w, program+" is not installed")
	}
}

// shell runs a script and returns its exit code and output.
func (w *world) shell(script string) (code int, stdout, stderr string) {
	w.Helper()
	var out, errs strings.Builder
	cmd := exec.Command("sh", "-c", script)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = w.env, w.home, &out, &errs
	err := cmd.Run()
	return exitCode(err), out.String(), errs.String()
}

// program puts a program into the PATH of the world.
func (w *world) program(name, content string) {
	w.Helper()
	dir := w.TempDir()
	if err := writeProgram(filepath.Join(dir, name), []byte(content)); err != nil {
		w.Fatal(err)
	}
	for i, pair := range w.env {
		if path, ok := strings.CutPrefix(pair, "PATH="); ok {
			w.env[i] = "PATH=" + dir + string(os.PathListSeparator) + path
		}
	}
}

func recipeForCurl(w *world, blocks []string) {
	w.needs("curl")
	code, stdout, stderr := w.shell(blocks[0])
	if code != 0 || !strings.Contains(stdout, "northwind/atlas-1") {
		w.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

// recipeForGit reads from a git server, before and after the server rejects the token
// that git got.
func recipeForGit(w *world, blocks []string) {
	w.needs("git")
	var revoked atomic.Value
	revoked.Store("")
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "mogplex" || password == revoked.Load() || !w.service.Valid(password) {
			rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(rw, "sign in", http.StatusUnauthorized)
			return
		}
		_, _ = rw.Write([]byte(strings.Repeat("1", 40) + "\trefs/heads/main\n"))
	}))
	w.Cleanup(server.Close)
	w.program("git-credential-mogplex", blocks[0])
	w.env = append(w.env, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	if code, _, stderr := w.shell(strings.ReplaceAll(blocks[1], "https://git.example.com", server.URL)); code != 0 {
		w.Fatalf("git config: exit %d: %s", code, stderr)
	}
	reads := func(want bool) {
		w.Helper()
		code, stdout, stderr := w.shell("git ls-remote " + server.URL + "/repo.git")
		if got := code == 0 && strings.Contains(stdout, "refs/heads/main"); got != want {
			w.Errorf("git could read: %v: %s%s", got, stdout, stderr)
		}
	}
	reads(true)
	revoked.Store(w.token())
	reads(false) // git erases the token, which renews it
	reads(true)
	if n := w.service.refreshes(); n != 1 {
		w.Errorf("%d refreshes", n)
	}
}

func recipeForClaudeCode(w *world, blocks []string) {
	var settings map[string]string
	if err := json.Unmarshal([]byte(blocks[0]), &settings); err != nil {
		w.Fatal(err)
	}
	w.env = append(w.env, "ANTHROPIC_API_KEY=sk-ant-example")
	if code, stdout, stderr := w.shell(settings["apiKeyHelper"]); code != 0 || stdout != "sk-ant-example\n" {
		w.Errorf("exit %d: %q%s", code, stdout, stderr)
	}
}

// recipeForOpenAI runs the program with the npm package if that is installed globally,
// and else only checks its syntax.
func recipeForOpenAI(w *world, blocks []string) {
	w.needs("node")
	app := filepath.Join(w.home, "app.mjs")
	if err := os.WriteFile(app, []byte(blocks[0]), 0o600); err != nil {
		w.Fatal(err)
	}
	_, root, _ := w.shell("npm root -g")
	client := filepath.Join(strings.TrimSpace(root), "openai")
	if _, err := os.Stat(client); err != nil {
		if code, _, stderr := w.shell("node --check app.mjs"); code != 0 {
			w.Errorf("exit %d: %s", code, stderr)
		}
		return
	}
	modules := filepath.Join(w.home, "node_modules")
	if err := os.Mkdir(modules, 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.Symlink(client, filepath.Join(modules, "openai")); err != nil {
		w.Fatal(err)
	}
	if code, stdout, stderr := w.shell("node app.mjs"); code != 0 || strings.TrimSpace(stdout) == "" {
		w.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

// recipeForDocker checks with a stand-in for docker that the token is in its environment
// and not in its arguments.
func recipeForDocker(w *world, blocks []string) {
	w.program("docker", "#!/bin/sh\necho \"$@\"\necho \"$MOGPLEX_API_KEY\"\n")
	token := w.token()
	code, stdout, stderr := w.shell(blocks[0])
	if want := "run --rm --env MOGPLEX_API_KEY IMAGE\n" + token + "\n"; code != 0 || stdout != want {
		w.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}
