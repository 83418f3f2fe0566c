package accountserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// chatRequest is what is looked at of a chat completion request.
type chatRequest struct {
	Model    string          `json:"model"`
	Stream   json.RawMessage `json:"stream"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
}

// chat is a chat completion that is being answered.
type chat struct {
	id, model string
	created   int64
}

// serveInference answers a prompt in OpenAI's chat completion shape. It streams unless
// stream is exactly false.
func (s *Server) serveInference(w http.ResponseWriter, r *http.Request) {
	from, ok := s.authenticate(bearer(r))
	switch {
	case !ok && s.cfg.RedirectUnauthenticated, ok && from.pat == nil && s.cfg.PATOnlyInference:
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	case !ok:
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "Unauthorized"})
		return
	case !from.account.ModelAccess:
		writeChatError(w, http.StatusBadRequest, "No enabled model is configured for this account.")
		return
	}
	var request chatRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		writeChatError(w, http.StatusBadRequest, "The request is not a chat completion.")
		return
	}
	models := s.models()
	if request.Model == "" && len(models) > 0 {
		request.Model = models[0].ID
	}
	if !slices.ContainsFunc(models, func(m Model) bool { return m.ID == request.Model }) {
		writeChatError(w, http.StatusBadRequest, "No such model is enabled for this account.")
		return
	}
	c := chat{id: "chatcmpl-" + random62(24), model: request.Model, created: s.cfg.Now().Unix()}
	reply := request.reply(from.account)
	if string(request.Stream) == "false" {
		writeJSON(w, http.StatusOK, c.whole(reply))
		return
	}
	s.stream(w, r, c, reply)
}

// stream sends the reply word by word as server-sent events.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c chat, reply string) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flusher := http.NewResponseController(w)
	send := func(event any) {
		data, _ := json.Marshal(event) // strings, numbers and nulls always marshal
		fmt.Fprintf(w, "data: %s\n\n", data)
		flusher.Flush()
	}
	fail, _ := r.Context().Value(midStreamKey{}).(bool)
	send(c.chunk(map[string]string{"role": "assistant", "content": ""}, nil))
	for i, word := range strings.SplitAfter(reply, " ") {
		if fail && i == 2 {
			send(map[string]any{"error": map[string]string{"message": "The model stopped answering."}})
			break
		}
		if !pause(r.Context(), s.cfg.ChunkDelay) {
			return
		}
		send(c.chunk(map[string]string{"content": word}, nil))
	}
	if !fail {
		send(c.chunk(map[string]string{}, "stop"))
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func (c chat) chunk(delta map[string]string, finish any) map[string]any {
	return map[string]any{
		"id": c.id, "object": "chat.completion.chunk", "created": c.created, "model": c.model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}},
	}
}

func (c chat) whole(reply string) map[string]any {
	message := map[string]string{"role": "assistant", "content": reply}
	return map[string]any{
		"id": c.id, "object": "chat.completion", "created": c.created, "model": c.model,
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": "stop"}},
		"usage":   map[string]int{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
	}
}

// reply answers the last thing the person said.
func (request chatRequest) reply(to *Account) string {
	prompt := "nothing"
	for _, message := range request.Messages {
		if message.Role == "user" {
			prompt = contentText(message.Content)
		}
	}
	first, _, _ := strings.Cut(to.Name, " ")
	return fmt.Sprintf("Hello %s. You wrote: %s\n\nThis is the development account service; no model has read it.", first, prompt)
}

// contentText is the text of a message, whose content is a string or a list of parts.
func contentText(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	json.Unmarshal(content, &parts) // what is neither has no text
	for _, part := range parts {
		text += part.Text
	}
	return text
}

func writeChatError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]string{"message": message}})
}
