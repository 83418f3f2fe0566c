package chat

import (
	"errors"
	"strings"
	"testing"
)

// FuzzReadStream: the reader ends for any input, with success or with an Error.
func FuzzReadStream(f *testing.F) {
	for _, stream := range []string{
		"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n",
		"\ufeffdata:{\"choices\":[{\"delta\":{\"content\":[{\"text\":\"a\"},{\"text\":null}]}}]}\r\n\r\ndata:[DONE]\r\n\r\n",
		": ping\n\nevent: x\ndata: {\"choices\":\ndata: [{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\ndata: [DONE]",
		"data: {\"error\":{\"message\":\"tokenMARK\"}}\n\ndata: [DONE]\n\n", "data: {\"error\":null,\"choices\":null}\n\n", "data\n\nid: 7\n\ndata: 7\n\n",
	} {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		said := 0
		_, err := readStream(t.Context(), strings.NewReader(stream), failures{token: "tokenMARK"}, func(piece string) { said += len(piece) })
		if err != nil && (!errors.Is(err, ErrCut) || strings.Contains(err.Error(), "tokenMARK")) {
			t.Errorf("%v", err)
		}
		if err == nil && !strings.Contains(stream, "[DONE]") || said > 4*len(stream) {
			t.Errorf("%d bytes said, %v", said, err)
		}
	})
}
