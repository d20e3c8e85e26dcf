package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Foundry Discovery Protocol of Foundry's, later Brocade's, switches: like
// CDP. There is no public specification; read from its messages.
func init() {
	register(Dissector{
		Name:  "fdp",
		Where: []Where{SNAP(0x00e052, 0x2000)},
		Is:    isFDP,
		Tell:  tellFDP,
	})
}

// fdpMost is how many fields of one message are looked at.
const fdpMost = 32

func isFDP(m *Message) bool {
	c := m.Read()
	version := c.U8()
	c.Skip(3)
	return version == 1 && c.U16() < 0x200 && c.U16() >= 4 && !c.Short()
}

var (
	fdpFields = [...]struct {
		attr  tyto.Attr
		field string
	}{
		1: {tyto.Hostname, "fdp.deviceid"}, 3: {tyto.Clue, "fdp.string.text"}, 5: {tyto.Clue, "fdp.string.text"}, 6: {tyto.Model, "fdp.string.text"},
	}
	fdpSwitch = []byte("switch")
)

func tellFDP(m *Message, s *Sink) {
	c := m.Read()
	c.U32()
	s.Op("fdp announcement")
	s.Sender(tyto.Role, fdpSwitch, tyto.Stated, "fdp")
	for n := 0; c.Len() >= 4 && n < fdpMost; n++ {
		kind, v := c.U16(), c.Sub(int(c.U16())-4)
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("fdp: field runs over the end")
			}
			return
		}
		if int(kind) < len(fdpFields) && fdpFields[kind].field != "" {
			s.Sender(fdpFields[kind].attr, phrase.Text(v.Rest()), tyto.Stated, fdpFields[kind].field)
		}
	}
}
