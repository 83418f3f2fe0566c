package accountserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// chatRequest is the part of a chat completion request that the service reads.
type chatRequest struct {
	Model    string          `json:"model"`
	Stream   json.RawMessage `json:"stream"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
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
		writeChatError(w, "No enabled model is configured for this account.")
		return
	}
	var request chatRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		writeChatError(w, "The request is not a chat completion.")
		return
	}
	if request.Model, ok = s.model(request.Model); !ok {
		writeChatError(w, "No such model is enabled for this account.")
		return
	}
	s.answerPrompt(w, r, request, from.account)
}

func (s *Server) answerPrompt(w http.ResponseWriter, r *http.Request, request chatRequest, account *Account) {
	completion := map[string]any{"id": "chatcmpl-" + random62(24), "created": s.cfg.Now().Unix(), "model": request.Model}
	choose := func(kind, key, text string, finish any) map[string]any {
		completion["object"] = kind
		completion["choices"] = []any{map[string]any{
			"index": 0, key: map[string]string{"role": "assistant", "content": text}, "finish_reason": finish,
		}}
		return completion
	}
	reply := request.reply(account)
	if string(request.Stream) == "false" {
		writeJSON(w, http.StatusOK, choose("chat.completion", "message", reply, "stop"))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	send := func(event any) {
		data, _ := json.Marshal(event) // strings, numbers and nulls always marshal
		fmt.Fprintf(w, "data: %s\n\n", data)
		http.NewResponseController(w).Flush()
	}
	fail, _ := r.Context().Value(midStreamKey{}).(bool)
	for i, word := range strings.SplitAfter(reply, " ") {
		if fail && i == 2 {
			send(map[string]any{"error": map[string]string{"message": "The model stopped answering."}})
			break
		}
		if !pause(r.Context(), s.cfg.ChunkDelay) {
			return
		}
		send(choose("chat.completion.chunk", "delta", word, nil))
	}
	if !fail {
		send(choose("chat.completion.chunk", "delta", "", "stop"))
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// reply answers the person's last message.
func (request chatRequest) reply(to *Account) string {
	prompt := "nothing"
	for _, message := range request.Messages {
		if message.Role == "user" {
			prompt = message.Content
		}
	}
	first, _, _ := strings.Cut(to.Name, " ")
	return fmt.Sprintf("Hello %s. You wrote: %s\n\nThis is the development account service; no model has read it.", first, prompt)
}

func writeChatError(w http.ResponseWriter, message string) {
	writeJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]string{"message": message}})
}
