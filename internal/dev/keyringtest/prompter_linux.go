package keyringtest

import (
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	prompterName  = "org.gnome.keyring.SystemPrompter"
	prompterIface = "org.gnome.keyring.internal.Prompter"
	// reading is longer than a prompt takes to end by itself if nothing can show it.
	reading = 500 * time.Millisecond
)

// prompter is the desktop's side of gcr's prompting protocol: the provider calls BeginPrompting, PerformPrompt and
// StopPrompting, and the prompter calls an object of the provider with the outcome.
type prompter struct {
	conn     *dbus.Conn
	answer   Answer
	messages chan *dbus.Message
	shown    chan struct{}
}

// Prompt puts a person at the session's desktop, who reacts to every prompt with answer. The person of an earlier call
// leaves. Without a call, no prompt can be shown. Each prompt sends on shown, unless 16 are waiting there.
func (s *Session) Prompt(answer Answer) (shown <-chan struct{}, err error) {
	s.stopPrompting()
	conn, err := dbus.Connect(s.address)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	reply, err := conn.RequestName(prompterName, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("%s is taken", prompterName)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("prompt: %w", err)
	}
	p := &prompter{
		conn: conn, answer: answer,
		messages: make(chan *dbus.Message, 64), shown: make(chan struct{}, 16),
	}
	// Raw messages, because gcr ignores a PromptReady that comes before the reply to BeginPrompting.
	conn.Eavesdrop(p.messages)
	s.prompter = p
	go p.serve()
	return p.shown, nil
}

func (s *Session) stopPrompting() {
	if s.prompter != nil {
		// Otherwise godbus would close the channel, and might still send on it.
		s.prompter.conn.Eavesdrop(nil)
		close(s.prompter.messages)
		s.prompter.conn.ReleaseName(prompterName)
		s.prompter.conn.Close()
		s.prompter = nil
	}
}

func (p *prompter) serve() {
	for m := range p.messages {
		if m.Type == dbus.TypeMethodCall && m.Headers[dbus.FieldInterface].Value() == prompterIface {
			p.handle(m)
		}
	}
}

func (p *prompter) handle(m *dbus.Message) {
	p.conn.Send(&dbus.Message{
		Type: dbus.TypeMethodReply,
		Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: m.Headers[dbus.FieldSender],
			dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
		},
	}, nil)
	switch m.Headers[dbus.FieldMember].Value() {
	case "BeginPrompting":
		// Without a key yet, so that seal can choose one that suits theirs.
		p.tell(m, "PromptReady", "", map[string]dbus.Variant{}, "")
	case "PerformPrompt":
		select {
		case p.shown <- struct{}{}:
		default:
		}
		if p.answer != IgnorePrompt {
			p.perform(m)
		}
	case "StopPrompting":
		p.tell(m, "PromptDone")
	}
}

// perform ends the prompt that m asks for: "no" is the cancel button.
func (p *prompter) perform(m *dbus.Message) {
	reply, sealed := "no", newKeyPair().message()
	if p.answer == DismissPrompt {
		time.Sleep(reading)
	} else {
		theirs, _ := m.Body[len(m.Body)-1].(string)
		if s, err := seal(theirs, password); err == nil {
			reply, sealed = "yes", s
		}
	}
	p.tell(m, "PromptReady", reply, map[string]dbus.Variant{}, sealed)
}

// tell calls the object that a call from the provider, m, has as its first argument.
func (p *prompter) tell(m *dbus.Message, method string, args ...any) {
	sender, _ := m.Headers[dbus.FieldSender].Value().(string)
	callback, _ := m.Body[0].(dbus.ObjectPath)
	p.conn.Object(sender, callback).Go(prompterIface+".Callback."+method, dbus.FlagNoReplyExpected, nil, args...)
}
