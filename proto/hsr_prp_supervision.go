package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// Supervision frames of PRP and HSR (IEC 62439-3 clauses 4.3 and 5.7): nodes
// of redundant networks say that they are there.
func init() {
	register(Dissector{
		Name: "hsr_prp_supervision", Industrial: true,
		Where: []Where{EtherType(0x88fb)},
		Is:    isRedundancy, Tell: tellRedundancy,
	})
}

var (
	prpNode = []byte("prp node")
	hsrNode = []byte("hsr node")
	redBox  = []byte("redundancy box")
)

func isRedundancy(m *Message) bool {
	c := m.Read()
	version, _, kind, n := c.U16()&0xfff, c.U16(), c.U8(), c.U8()
	return !c.Short() && version <= 1 && kind >= 20 && kind <= 23 && (n == 6 || n == 12)
}

// tellRedundancy tells of each node once; the frames come every two seconds.
// A redundancy box sends also for those behind it.
func tellRedundancy(m *Message, s *Sink) {
	s.Op("hsr_prp supervision")
	c := m.Read()
	c.Skip(4)
	kind := c.U8()
	block := c.Sub(int(c.U8()))
	node := block.MAC()
	if c.Short() || block.Short() {
		s.Malformed("hsr_prp: length of a block")
		return
	}
	role := prpNode
	if kind == 23 {
		role = hsrNode
	}
	if node == m.Frame.SrcMAC || m.Frame.SrcMAC.IsZero() {
		s.Asks(m, role, "hsr_prp_supervision.tlv.type")
	} else if !node.IsZero() && !node.IsGroup() {
		s.About(tyto.Subject{MAC: node, VLAN: m.Frame.VLAN}, tyto.Role, role, tyto.Shown, "hsr_prp_supervision.tlv.type")
	}
	if next, n := c.U8(), c.U8(); next == 30 && n == 6 {
		box := c.MAC()
		if !c.Short() && !box.IsZero() && !box.IsGroup() {
			s.About(tyto.Subject{MAC: frame.MAC(box), VLAN: m.Frame.VLAN}, tyto.Role, redBox, tyto.Stated, "hsr_prp_supervision.red_box_mac_address")
		}
	}
}
