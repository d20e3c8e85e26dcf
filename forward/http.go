package forward

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"tyto/outbound"
)

// ofContent reports whether a status says that it is what was sent that is
// wrong, and will be when it is sent again. All else may pass: a wrong token,
// a busy server.
func ofContent(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// inPieces sends encoded events in pieces of at most limit bytes and most
// events. A piece whose content is refused is halved, until the event is
// found that is at fault.
func inPieces(encoded [][]byte, limit, most int, send func(piece [][]byte) error) error {
	for done := 0; done < len(encoded); {
		n, size := 0, 0
		for done+n < len(encoded) && n < most && (n == 0 || size+len(encoded[done+n]) <= limit) {
			size += len(encoded[done+n])
			n++
		}
		if n == 1 && size > limit {
			return &Failure{Err: fmt.Errorf("the event takes %d bytes, and %d are allowed", size, limit), Sent: done, Refused: true}
		}
		err := send(encoded[done : done+n])
		refused, after := judged(err)
		switch {
		case err == nil:
			done += n
		case refused && n > 1:
			most = n / 2
		default:
			return &Failure{Err: err, Sent: done, Refused: refused, After: after}
		}
	}
	return nil
}

// judged is what an error of a post means.
func judged(err error) (refused bool, after time.Duration) {
	var s *outbound.StatusError
	if errors.As(err, &s) {
		return ofContent(s.Status) && !s.Setup, s.After
	}
	return false, outbound.Patience(err)
}

// mostAtOnce bounds the events of a request.
const mostAtOnce = 500
