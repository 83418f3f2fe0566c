package legacyfile

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// child is the main function of this test binary as another process.
func child(role string) int {
	f := New(os.Getenv("LEGACYFILE_TEST_PATH"), Options{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	switch name, _ := strings.CutPrefix(role, "set "); {
	case name != role:
		err = f.Set(ctx, name, []byte(key(name, "")))
	case role == "delete groq":
		_, err = f.Delete(ctx, "groq")
	case role == "count":
		err = count(ctx, f)
	case role == "reserve":
		if _, err = f.Reserve(ctx, 1000); err == nil {
			p, _ := os.FindProcess(os.Getpid())
			err = p.Kill()
			<-ctx.Done()
		}
	case role == "limited":
		err = limitFileSize(10)
		if err == nil {
			err = f.Set(ctx, "xai", []byte(key("x", "")))
		}
	case role == "hold":
		if _, err = f.lock(ctx); err == nil {
			fmt.Println("held")
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// count saves 1, 2, 3, … until it is killed, and confirms each.
func count(ctx context.Context, f *File) error {
	for n := 1; ; n++ {
		if err := f.Set(ctx, "groq", []byte(key(strconv.Itoa(n), ""))); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func command(t testing.TB, role string, f *File) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "LEGACYFILE_TEST_ROLE="+role,
		"LEGACYFILE_TEST_PATH="+f.path)
	return cmd
}

func runChild(t testing.TB, role string, f *File) string {
	t.Helper()
	out, _ := command(t, role, f).Output()
	return string(out)
}

func TestTwentyProcessesAtOnce(t *testing.T) {
	f := newFile(t, `{"OPENAI_API_KEY":"sk"}`)
	const processes = 20
	var wg sync.WaitGroup
	for n := range processes {
		wg.Go(func() {
			if out := runChild(t, fmt.Sprintf("set p%02d", n), f); out != "" {
				t.Error(out)
			}
		})
	}
	wg.Wait()
	for n := range processes {
		name := fmt.Sprintf("p%02d", n)
		if got := get(t, f, name); got != key(name, "") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestGoroutinesAtOnce(t *testing.T) {
	f := newFile(t, "")
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			name := "g" + strconv.Itoa(n)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // fifty writes on a busy disk
			defer cancel()
			if err := f.Set(ctx, name, []byte(key(name, ""))); err != nil {
				t.Error(err)
			}
			if got := get(t, f, name); got != key(name, "") {
				t.Errorf("%s: %s", name, got)
			}
		})
	}
	wg.Wait()
	if n := len(strings.Fields(list(t, f))); n != 50 {
		t.Errorf("%d entries", n)
	}
}

// Whenever a writer is killed, the file parses and has the last confirmed entry.
func TestKilledWritersLoseNothing(t *testing.T) {
	rounds := 15
	if n, err := strconv.Atoi(os.Getenv("LEGACYFILE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	f := newFile(t, `{"xai":"x"}`)
	for round := range rounds {
		cmd := command(t, "count", f)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the writer saved nothing")
		}
		for start := time.Now(); time.Since(start) < time.Duration(round%5*3)*time.Millisecond; {
			if get(t, f, "groq") == "" || get(t, f, "xai") == "" {
				t.Fatal("an entry is missing while another process writes")
			}
		}
		must(t, cmd.Process.Kill())
		confirmed := 1
		for lines.Scan() {
			confirmed, _ = strconv.Atoi(lines.Text())
		}
		_ = cmd.Wait()
		checkConfirmed(t, f, confirmed)
	}
	set(t, f, "groq", key("done", "")) // no lock is left
}

func checkConfirmed(t *testing.T, f *File, confirmed int) {
	t.Helper()
	entry, _ := parseObject([]byte(get(t, f, "groq")))
	if n, _ := strconv.Atoi(entry.text("key")); n != confirmed && n != confirmed+1 {
		t.Fatalf("%d was confirmed, %d is there", confirmed, n)
	}
	if get(t, f, "xai") == "" {
		t.Fatal("the other entry is lost")
	}
}
