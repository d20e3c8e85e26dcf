package forward

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"tyto/tyto"
)

// eventJSON is an event as JSON, as everywhere.
func eventJSON(e *tyto.Event) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("forward: " + err.Error()) // nouns are text and numbers
	}
	return b
}

// eventID is the same whenever the same event is sent.
func eventID(e *tyto.Event) string {
	sum := sha256.Sum256(eventJSON(e))
	return hex.EncodeToString(sum[:16])
}
