package proto

// CC-Link IE Control and Field (IEC 61158 type 23), which own an EtherType.
// Members of CLPA alone are given what is in their frames, so that they are there
// is all that is told.
func init() {
	register(Dissector{
		Name: "cclinkie", Industrial: true,
		Where: []Where{EtherType(0x890f)},
		Is:    isCCLinkIE, Tell: tellCCLinkIE,
	})
}

// cclinkieLeast is the least that a frame carries, in bytes: the padding of Ethernet.
const cclinkieLeast = 46

var cclinkieStation = []byte("cc-link ie station")

func isCCLinkIE(m *Message) bool { return len(m.Body) >= cclinkieLeast || m.Frame.Missing > 0 }

func tellCCLinkIE(m *Message, s *Sink) {
	s.Op("cclinkie frame")
	s.Asks(m, cclinkieStation, "eth.type")
}
