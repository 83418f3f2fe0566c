package chat

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
)

var (
	errEventTooLong  = errors.New("a part of the answer is too long")
	errAnswerTooLong = errors.New("the answer is too long")
	errNoJSON        = errors.New("a part of the answer can't be read")
)

// readStream reads server-sent events, each a chunk of a chat completion, until [DONE]. It uses ctx only to explain a
// failed read.
func readStream(ctx context.Context, r io.Reader, f failures, emit func(string)) (answer Answer, err error) {
	counted := &io.LimitedReader{R: r, N: streamLimit}
	lines := bufio.NewScanner(counted)
	lines.Buffer(make([]byte, 0, 4<<10), eventLimit)
	var event []byte
	for first := true; lines.Scan(); first = false {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if first {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(line) > 0 {
			if name, value, _ := bytes.Cut(line, []byte(":")); string(name) == "data" {
				event = append(append(event, bytes.TrimPrefix(value, []byte(" "))...), '\n')
			}
			if len(event) > eventLimit {
				return answer, cut(errEventTooLong)
			}
			if string(event) != "[DONE]\n" { // some services send it without the empty line that ends an event
				continue
			}
		}
		done, err := readEvent(event, f, emit, &answer)
		if done || err != nil {
			return answer, err
		}
		event = event[:0]
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return answer, cut(errEventTooLong)
	case err != nil:
		return answer, cut(cause(ctx, err))
	case counted.N <= 0:
		return answer, cut(errAnswerTooLong)
	}
	return answer, cut(nil)
}

// readEvent passes the text of one chunk to emit, and notes in answer what else it says. It returns true for [DONE].
func readEvent(event []byte, f failures, emit func(string), answer *Answer) (done bool, err error) {
	event = bytes.TrimSpace(event)
	if len(event) == 0 {
		return false, nil
	}
	if string(event) == "[DONE]" {
		return true, nil
	}
	var chunk struct {
		Error   json.RawMessage `json:"error"`
		Model   json.RawMessage `json:"model"`
		Choices []struct {
			Index        int             `json:"index"`
			FinishReason json.RawMessage `json:"finish_reason"`
			Delta        struct {
				Content json.RawMessage `json:"content"`
			} `json:"delta"`
		} `json:"choices"`
	}
	if json.Unmarshal(event, &chunk) != nil {
		return false, cut(errNoJSON)
	}
	if len(chunk.Error) > 0 && string(chunk.Error) != "null" {
		return false, &Error{Kind: ErrCut, Status: 200, Message: f.message(chunk.Error)}
	}
	answer.Model = cmp.Or(contentText(chunk.Model), answer.Model)
	for _, choice := range chunk.Choices {
		if choice.Index != 0 {
			continue
		}
		answer.FinishReason = cmp.Or(contentText(choice.FinishReason), answer.FinishReason)
		if text := contentText(choice.Delta.Content); text != "" {
			emit(text)
		}
	}
	return false, nil
}

// contentText returns the text of a delta: a string or, with some providers, a list of parts.
func contentText(content json.RawMessage) (text string) {
	if len(content) == 0 || json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(content, &parts) // leaves parts empty for any other value
	for _, part := range parts {
		text += part.Text
	}
	return text
}
