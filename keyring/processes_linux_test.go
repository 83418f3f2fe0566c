package keyring_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// asChild makes the test binary do one thing to the account "a" and end.
const asChild = "KEYRING_TEST_CHILD"

// TestChild is not a test: it is the program that child runs.
func TestChild(t *testing.T) {
	word := os.Getenv(asChild)
	if word == "" {
		return // only a process that another test starts does anything here
	}
	k := open(keyring.Options{Timeout: 5 * time.Second})
	defer k.Close()
	if word == "delete" {
		if removed, err := k.Delete(t.Context(), "a"); !removed || err != nil {
			t.Errorf("delete: removed %v, %v", removed, err)
		}
		return
	}
	err := k.Update(t.Context(), "a", func(current []byte) ([]byte, error) { return append(current, word...), nil })
	if err != nil {
		t.Error(err)
	}
}

func child(t *testing.T, word string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), asChild+"="+word)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", word, err, out)
	}
}

// itemsOnTheBus counts the account's items of all programs.
func itemsOnTheBus(t *testing.T) int {
	t.Helper()
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	service := &ss.SecretService{Conn: conn}
	paths, err := service.SearchItems(service.GetLoginCollection(), map[string]string{"username": "a"})
	if err != nil {
		t.Fatal(err)
	}
	return len(paths)
}

// KeePassXC identifies a process by its connection, and asks its person before one
// process replaces the item of another: it used to ask at every renewal.
func TestOneProcessRenewsWhatAnotherStored(t *testing.T) {
	for _, p := range providers {
		t.Run(p.name, func(t *testing.T) {
			p.start(t)
			k := open(keyring.Options{})
			defer k.Close()
			started := time.Now()
			for _, word := range []string{"one ", "two ", "three "} {
				child(t, word)
				err := k.Update(t.Context(), "a", func(current []byte) ([]byte, error) { return append(current, '+', ' '), nil })
				if err != nil {
					t.Fatal(err)
				}
			}
			if got, _, err := k.Get(t.Context(), "a"); string(got) != "one + two + three + " || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			if n := itemsOnTheBus(t); n != 1 {
				t.Errorf("there are %d items", n)
			}
			child(t, "delete")
			if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
				t.Errorf("found %v, %v", found, err)
			}
			// KeePassXC creates a prompt for every deletion, and completes it itself.
			attended := open(keyring.Options{Attended: true})
			defer attended.Close()
			if accounts, err := attended.List(t.Context()); len(accounts) != 0 || err != nil {
				t.Errorf("listed: %v, %v", accounts, err)
			}
			if err := attended.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
			if n := itemsOnTheBus(t); n != 0 {
				t.Errorf("%d items are left", n)
			}
			if took := time.Since(started); took > limit/2 {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// KeePassXC asks before it deletes, and nobody answers.
func TestASignOutDoesNotWaitForTheConfirmationOfADeletion(t *testing.T) {
	keePassXC(t, strings.ReplaceAll(keyringtest.KeePassConfig, "ConfirmDeleteItem=false", "ConfirmDeleteItem=true"))
	k := open(keyring.Options{})
	defer k.Close()
	for range 2 {
		if err := k.Update(t.Context(), "a", store("v")); err != nil {
			t.Fatal(err)
		}
		child(t, "delete")
		if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
			t.Errorf("found %v, %v", found, err)
		}
		if accounts, err := k.List(t.Context()); len(accounts) != 0 || err != nil {
			t.Errorf("listed: %v, %v", accounts, err)
		}
	}
	if n := itemsOnTheBus(t); n != 1 {
		t.Errorf("%d items wait for the confirmation", n)
	}
}

func TestTidyCompletesADeletionThatNeedsAPerson(t *testing.T) {
	s := startStub(t, holding(&stub{deletePrompt: answered}, storedV))
	announced := 0
	k := open(keyring.Options{Attended: true, OnConfirm: func() { announced++ }})
	if removed, err := k.Unattended().Delete(t.Context(), "a"); !removed || err != nil {
		t.Fatalf("delete: removed %v, %v", removed, err)
	}
	eventually(t, "the prompt is taken back", func() bool { _, n := s.counts(); return n == 1 })
	if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
		t.Errorf("get: found %v, %v", found, err)
	}
	if removed, err := k.Unattended().Delete(t.Context(), "a"); removed || err != nil {
		t.Errorf("delete again: removed %v, %v", removed, err)
	}
	value, _, _ := s.state()
	if shown, _ := s.counts(); shown != 0 || value != "kr1:2:deleted" {
		t.Errorf("shown %d times; the item holds %q", shown, value)
	}
	if err := k.Unattended().Tidy(t.Context()); err != nil {
		t.Error(err)
	}
	if err := k.Tidy(t.Context()); err != nil {
		t.Error(err)
	}
	if shown, _ := s.counts(); shown != 1 || announced != 1 || itemsOnTheBus(t) != 0 {
		t.Errorf("shown %d times, announced %d times, %d items left", shown, announced, itemsOnTheBus(t))
	}
	if err := k.Tidy(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTidyLeavesALaterItem(t *testing.T) {
	s := startStub(t, holding(&stub{deletePrompt: answered}, storedV))
	k := open(keyring.Options{Attended: true})
	if _, err := k.Unattended().Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	child(t, "another sign-in")
	if err := k.Tidy(t.Context()); err != nil {
		t.Error(err)
	}
	if got, _, err := k.Get(t.Context(), "a"); string(got) != "another sign-in" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if shown, _ := s.counts(); shown != 0 {
		t.Errorf("shown %d times", shown)
	}
}

// The end of another program's connection locks the collection in mid-call.
func TestACollectionThatIsLockedAgainInMidCallIsUnlockedAgain(t *testing.T) {
	for relocks, want := range map[int]error{1: nil, 5: nil, 100: keyring.ErrLocked} {
		startStub(t, holding(&stub{relocks: relocks}, storedV))
		got, _, err := open(keyring.Options{}).Get(t.Context(), "a")
		if want == nil && (string(got) != "v" || err != nil) {
			t.Errorf("locked %d times: %q, %v", relocks, got, err)
		}
		if !errors.Is(err, want) {
			t.Errorf("locked %d times: %v; want %v", relocks, err, want)
		}
	}
}

// godbus and go-keyring, left alone, look for the bus in the environment, and put its address there.
func TestTheBusIsFoundByItsPlaceAndTheEnvironmentStaysAsItIs(t *testing.T) {
	session(t, keyringtest.Options{})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	k := open(keyring.Options{})
	defer k.Close()
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil {
		t.Error(err)
	}
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		t.Errorf("DBUS_SESSION_BUS_ADDRESS became %q", address)
	}
}

// Signing out of everything costs one pass, not one an account.
func TestAllIsOneSearchAndOneCallForTheSecrets(t *testing.T) {
	s := session(t, keyringtest.Options{})
	k := open(keyring.Options{})
	const accounts = 120
	for i := range accounts {
		if err := k.Set(t.Context(), "a"+strings.Repeat("x", i), []byte("v")); err != nil {
			t.Fatal(err)
		}
	}
	seen := watch(t, s)
	entries, err := k.All(context.WithoutCancel(t.Context()))
	if err != nil || len(entries) != accounts {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	count := func(method string) (n int) {
		_, all := seen.Summary()
		for _, m := range all {
			if m == method {
				n++
			}
		}
		return n
	}
	eventually(t, "the monitor sees the attributes read", func() bool { return count("Get") == accounts+1 })
	if searches, secrets, single := count("SearchItems"), count("GetSecrets"), count("GetSecret"); searches != 1 || secrets != 1 || single != 0 {
		t.Errorf("%d searches, %d calls for all secrets, %d for one", searches, secrets, single)
	}
}

// Two sign-ins at once can each have created an item, if nothing locks them out of each other.
func TestOfSeveralItemsTheOneWrittenMostCountsAndTheNextWriteRemovesTheOthers(t *testing.T) {
	for _, p := range providers[:2] { // KWallet wants to be asked before it lets a test create one
		t.Run(p.name, func(t *testing.T) {
			p.start(t)
			for _, payload := range []string{"kr1:2:3:ba7816bf8f01cfea::YWJj", storedV, "kr1:7:rubbish"} {
				createItem(t, payload)
			}
			k := open(keyring.Options{})
			defer k.Close()
			if entries, err := k.All(t.Context()); err != nil || len(entries) != 1 || string(entries[0].Value) != "abc" {
				t.Errorf("all: %v, %v", entries, err)
			}
			err := k.Unattended().Update(t.Context(), "a", func(current []byte) ([]byte, error) {
				if string(current) != "abc" || itemsOnTheBus(t) != 3 {
					t.Errorf("%q counts, of %d items", current, itemsOnTheBus(t))
				}
				return []byte("next"), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := k.Get(t.Context(), "a"); string(got) != "next" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			attended := open(keyring.Options{Attended: true})
			defer attended.Close()
			if _, err := attended.List(t.Context()); err != nil {
				t.Error(err)
			}
			if err := attended.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
			if n := itemsOnTheBus(t); n != 1 {
				t.Errorf("%d items are left", n)
			}
		})
	}
}

// createItem creates an item of ours beside those that are there.
func createItem(t *testing.T, payload string) {
	t.Helper()
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	service := &ss.SecretService{Conn: conn}
	collection := service.GetLoginCollection()
	var session, item, prompt dbus.ObjectPath
	err = conn.Object(stubName, stubPath).Call(stubInterface+"Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(new(dbus.Variant), &session)
	if err != nil {
		t.Fatal(err)
	}
	err = collection.Call(stubInterface+"Collection.CreateItem", 0, map[string]dbus.Variant{
		stubInterface + "Item.Attributes": dbus.MakeVariant(map[string]string{"service": "mogplex-test", "username": "a", "xdg:schema": testSchema}),
	}, ss.NewSecret(session, payload), false).Store(&item, &prompt)
	if err == nil && prompt != "/" {
		before := itemsOnTheBus(t)
		err = conn.Object(stubName, prompt).Call(stubInterface+"Prompt.Prompt", 0, "").Err
		eventually(t, "the item is created", func() bool { return itemsOnTheBus(t) > before })
	}
	if err != nil {
		t.Fatal(err)
	}
}
