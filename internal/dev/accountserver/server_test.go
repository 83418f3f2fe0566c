package accountserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestRequestsHoldNoSecret(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	_, refresh := w.IssueTokens(ada)
	w.refreshGrant(refresh)
	w.refreshGrant("marked-secret")
	w.form(accountserver.TokenPath, "grant_type", "marked-secret")
	w.get("/nowhere?token=marked-secret")
	if text := fmt.Sprintf("%+v", w.Requests()); strings.Contains(text, "marked-secret") || strings.Contains(text, refresh) {
		t.Errorf("requests: %s", text)
	}
	if all, token, refresh := len(w.Requests()), w.Count(accountserver.TokenPath), w.Count("refresh_token"); all != 4 || token != 3 || refresh != 2 {
		t.Errorf("%d requests, %d token requests, %d refreshes", all, token, refresh)
	}
	want := accountserver.Request{Time: w.Now(), Method: "POST", Path: accountserver.TokenPath, Agent: "Go-http-client/1.1", Grant: "refresh_token", Status: 200}
	if first := w.Requests()[0]; first != want {
		t.Errorf("got %+v", first)
	}
}

func TestOneOfFiftyConcurrentRequestsWins(t *testing.T) {
	w := newWorld(t, accountserver.Config{StrictRotation: true})
	_, refresh := w.IssueTokens(ada)
	code := w.code()
	var mu sync.Mutex
	won := make(map[string]int)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			refreshed, exchanged := w.refreshGrant(refresh), w.exchange(code)
			mu.Lock()
			defer mu.Unlock()
			if refreshed.StatusCode == http.StatusOK {
				won["refresh"]++
			}
			if exchanged.StatusCode == http.StatusOK {
				won["code"]++
			}
		})
	}
	group.Wait()
	if won["refresh"] != 1 || won["code"] != 1 {
		t.Errorf("won: %v", won)
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, accountserver.Config{RequestsPerMinute: -1, OfferDevice: true, OnRequest: func(accountserver.Request) {}})
	pat := w.IssuePAT(ada)
	var group sync.WaitGroup
	for _, work := range []func(){
		func() { w.api("/models", pat) },
		func() { w.api("/runs/run_demo/events", pat) },
		func() { _, refresh := w.IssueTokens(grace); w.refreshGrant(refresh) },
		func() { w.SetModels("[]"); w.SetMCPServers("[]"); w.AddRun(accountserver.Run{ID: "run_demo"}) },
		func() { w.Fail(accountserver.Fault{Path: "/none"}); w.ClearFaults() },
		func() { w.Requests(); w.Count(""); w.ExpireAccess(); w.RevokeAll(grace) },
		func() { _, userCode := w.startDevice(); w.ApproveDevice(userCode, ada) },
		func() { w.get("/login"); w.prompt(pat, `{}`) },
	} {
		group.Go(func() {
			for range 20 {
				work()
			}
		})
	}
	group.Wait()
	if !w.Valid(pat) {
		t.Error("the personal token is not valid")
	}
}
