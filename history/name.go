package history

import "tyto/frame"

// Name is the name by which a client looked a server up, "" if it did not.
func (t *Table) Name(client, server frame.Addr) string {
	return t.words.text[t.names[asked{client, server}].name]
}
