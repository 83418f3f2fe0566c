package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestRefusesOtherAddressesAndUnknownWords(t *testing.T) {
	for _, args := range []string{"--addr :0", "--addr 0.0.0.0:0", "--addr [::]:0", "--addr 192.0.2.1:0", "--addr nonsense",
		"--fault badly", "badly", "-h"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("serve %s: no error", args)
		}
	}
}

func TestServesUntilStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready, ended := make(chan string, 1), make(chan error, 1)
	var log accountserver.Screen
	go func() {
		stdout := &accountserver.Screen{Act: func(printed string) { ready <- printed }}
		ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--fault", "path=/login status=418", "--strict"}, stdout, &log)
	}()
	printed := <-ready
	origin := regexp.MustCompile(`MOGPLEX_URL=(\S+) MOGPLEX_DEV=1 mogplex login`).FindStringSubmatch(printed)[1]
	token := regexp.MustCompile(`mog_\w{32}`).FindString(printed)
	for path, want := range map[string]int{accountserver.APIPath + "/models": 200, "/login": 418} {
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
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), `GET "/login" 418 (fault)`) || strings.Contains(log.String(), token) {
		t.Errorf("log: %s", log.String())
	}
}
