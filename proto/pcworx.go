package proto

import (
	"bytes"

	"tyto/proto/phrase"
	"tyto/tyto"
)

// Phoenix Contact's PCWorx on TCP port 1962, by which controllers of the ILC
// series are found and programmed, as Redpoint and nmap describe it.
func init() {
	register(Dissector{
		Name: "pcworx", Industrial: true,
		Where: []Where{TCP(1962)},
		Is:    isPCWorx, Split: splitPCWorx, Tell: tellPCWorx,
	})
}

const (
	pcworxInit = 0x01
	pcworxInfo = 0x06
	pcworxMore = 0x80 // in the kind of an answer
)

var (
	pcworxClient = []byte("pcworx client")
	pcworxServer = []byte("pcworx controller")
	pcworxVendor = []byte("Phoenix Contact")
)

// pcworxFields are the texts of the answer on what the controller is: where they begin, each ends with zero.
var pcworxFields = [...]struct {
	at    int
	attr  tyto.Attr
	field string
}{{30, tyto.Model, "pcworx.plc_type"}, {66, tyto.Firmware, "pcworx.firmware_version"}, {79, tyto.Clue, "pcworx.firmware_date"},
	{91, tyto.Clue, "pcworx.firmware_time"}, {152, tyto.ModelNumber, "pcworx.model_number"}}

func isPCWorx(m *Message) bool {
	c := m.Read()
	kind := c.U8() &^ pcworxMore
	c.Skip(1)
	n := int(c.U16())
	return !c.Short() && kind >= 1 && kind <= 0x20 && (n == len(m.Body) || kind == pcworxInit && bytes.Contains(m.Body, []byte("IBETH01N0_M")))
}

// splitPCWorx cuts by the length after kind and number.
func splitPCWorx(m *Message) int {
	c := m.Read()
	kind := c.U8() &^ pcworxMore
	c.Skip(1)
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case kind == 0 || kind > 0x20 || n < 8:
		return -1
	}
	return n
}

func tellPCWorx(m *Message, s *Sink) {
	c := m.Read()
	kind := c.U8()
	if kind&pcworxMore == 0 {
		s.Asks(m, pcworxClient, "pcworx.kind")
		switch kind {
		case pcworxInit:
			s.Op("pcworx connect")
		case pcworxInfo:
			s.Did(tyto.Identify, "pcworx information", nil, "")
		default:
			s.Op("pcworx other")
		}
		return
	}
	s.Serves(m, pcworxServer, "pcworx", "pcworx.kind")
	if kind&^pcworxMore != pcworxInfo || len(m.Body) < 170 {
		return
	}
	s.Sender(tyto.Vendor, pcworxVendor, tyto.Shown, "pcworx.kind")
	for i := range pcworxFields {
		x := &pcworxFields[i]
		text := m.Body[x.at:min(len(m.Body), x.at+40)]
		if end := bytes.IndexByte(text, 0); end > 0 {
			s.Sender(x.attr, phrase.Text(text[:end]), tyto.Stated, x.field)
		}
	}
}
