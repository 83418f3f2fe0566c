package accountserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestRequestsAndStatsCountWhatReachedTheService(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	_, refresh := w.IssueTokens(ada)
	w.refreshGrant(refresh)
	w.refreshGrant("marked-secret")
	w.form(accountserver.TokenPath, "grant_type", "marked-secret")
	w.get("/nowhere?token=marked-secret")
	if text := fmt.Sprintf("%+v %+v", w.Requests(), w.Stats()); strings.Contains(text, "marked-secret") || strings.Contains(text, refresh) {
		t.Error("a secret was noted")
	}
	stats := w.Stats()
	if stats.Total != 4 || stats.Endpoints["POST "+accountserver.TokenPath] != 3 || stats.Grants["refresh_token"] != 2 || stats.Grants["other"] != 1 {
		t.Errorf("%+v", stats)
	}
	first := w.Requests()[0]
	want := accountserver.Request{Time: w.Now(), Method: "POST", Path: accountserver.TokenPath, Agent: "Go-http-client/1.1", Grant: "refresh_token", Status: 200}
	if first != want {
		t.Errorf("noted as %+v", first)
	}
}

func TestTheJournalIsBounded(t *testing.T) {
	service := accountserver.New(accountserver.Config{})
	const n = 10_500
	for range n {
		service.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/nowhere", nil))
	}
	if got := len(service.Requests()); got > 10_000 || service.Stats().Total != n {
		t.Errorf("%d remembered, %d counted", got, service.Stats().Total)
	}
}

func TestOneOfFiftyAtOnceWinsUnderStrictRotation(t *testing.T) {
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

func TestEverythingAtOnce(t *testing.T) {
	w := newWorld(t, accountserver.Config{RequestsPerMinute: -1, OfferDevice: true, OnRequest: func(accountserver.Request) {}})
	pat := w.IssuePAT(ada)
	var group sync.WaitGroup
	for _, work := range []func(){
		func() { w.api("/models", pat) },
		func() { w.api("/runs/run_demo/events", pat) },
		func() { _, refresh := w.IssueTokens(grace); w.refreshGrant(refresh) },
		func() { w.SetModels(); w.SetMCPServers(); w.AddRun(accountserver.DemoRun()) },
		func() { w.Fail(accountserver.Fault{Path: "/none"}); w.ClearFaults() },
		func() { w.Requests(); w.Stats(); w.ExpireAccess(); w.RevokeAll(grace) },
		func() { _, userCode := w.startDevice(); w.ApproveDevice(userCode, ada) },
		func() { w.get("/web/models"); w.prompt(pat, `{}`) },
	} {
		group.Go(func() {
			for range 20 {
				work()
			}
		})
	}
	group.Wait()
	if !w.Valid(pat) {
		t.Error("the token did not survive")
	}
}

func FuzzToken(f *testing.F) {
	f.Add("grant_type=refresh_token&refresh_token=x&client_id=mogplex-cli")
	f.Add("grant_type=authorization_code&code=x&code_verifier=y&%zz")
	f.Add("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x&client_id=mogplex-cli")
	service := accountserver.New(accountserver.Config{OfferDevice: true, OfferRevocation: true})
	service.IssueTokens(ada)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, accountserver.TokenPath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest && w.Code != http.StatusUnauthorized {
			t.Errorf("status %d", w.Code)
		}
	})
}
