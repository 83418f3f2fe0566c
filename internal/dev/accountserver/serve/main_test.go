package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestOnlyLoopbackAddresses(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense"} {
		var stderr bytes.Buffer
		if code := run(t.Context(), []string{"--addr", addr}, io.Discard, &stderr); code != 1 || stderr.Len() == 0 {
			t.Errorf("%s: exit %d, %s", addr, code, &stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	for code, args := range map[int][]string{0: {"-h"}, 2: {"--fault", "how=badly"}} {
		if got := run(t.Context(), args, io.Discard, io.Discard); got != code {
			t.Errorf("%v: exit %d", args, got)
		}
	}
	if got := run(t.Context(), []string{"argument"}, io.Discard, io.Discard); got != 2 {
		t.Errorf("an argument: exit %d", got)
	}
}

func TestParseFault(t *testing.T) {
	got, err := parseFault("path=/api&grant=refresh_token&times=2&delay=3s&status=503&retry-after=4&how=truncate")
	want := accountserver.Fault{Path: "/api", Grant: "refresh_token", Times: 2, Delay: 3 * time.Second, Status: 503, RetryAfter: "4", Truncate: true}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, text := range []string{"%zz", "times=often", "delay=3", "status=999", "status=x", "who=me", "how="} {
		if _, err := parseFault(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// output is a buffer that a test reads while run writes to it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func TestItServesUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	var log output
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, []string{"--addr", "127.0.0.1:0", "--fault", "path=/web&status=418"}, write, &log)
		write.Close()
	}()
	var said strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(said.String(), "Ctrl-C"); {
		n, err := read.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(buf[:n])
	}
	origin := regexp.MustCompile(`MOGPLEX_URL=(\S+) MOGPLEX_DEV=1 mogplex login`).FindStringSubmatch(said.String())[1]
	token := regexp.MustCompile(`mog_\w{32}`).FindString(said.String())
	for path, want := range map[string]int{accountserver.APIPath + "/models": 200, "/web/models": 418} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status %d", path, response.StatusCode)
		}
	}
	stop()
	if code := <-exit; code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(log.String(), `GET "/web/models" 418 (fault)`) || strings.Contains(log.String(), token) {
		t.Errorf("the log is %s", log.String())
	}
}
