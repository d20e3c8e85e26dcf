package proto

import "tyto/tyto"

// SERCOS III (IEC 61158-4-19), cyclic telegrams between a master and drives.
func init() {
	register(Dissector{
		Name: "siii", Industrial: true,
		Where: []Where{EtherType(0x88cd)},
		Is:    isSIII, Tell: tellSIII,
	})
}

// The header: type of telegram, phase, checksum over them. In Memory[3] above the roles is the last phase.
const (
	siiiSecond = 0x80 // sent on the second port
	siiiAnswer = 0x40 // AT, in which the devices write; else MDT, the master's
	siiiPhase  = 0x0f
	siiiSwitch = 0x80 // the phase is about to change
)

var (
	siiiMaster = []byte("sercos master")
	siiiPhases = [...][]byte{[]byte("sercos phase 0"), []byte("sercos phase 1"), []byte("sercos phase 2"), []byte("sercos phase 3"), []byte("sercos phase 4")}
)

func isSIII(m *Message) bool {
	c := m.Read()
	kind, phase := c.U8(), c.U8()
	c.Skip(4)
	return !c.Short() && kind&0x30 == 0 && phase&siiiPhase < uint8(len(siiiPhases))
}

// tellSIII tells of the master who it is, and of its network in which phase it is: 4 is operation.
func tellSIII(m *Message, s *Sink) {
	c := m.Read()
	kind, phase := c.U8(), c.U8()
	if c.Short() {
		s.Malformed("siii: header")
		return
	}
	s.Asks(m, siiiMaster, "siii.type") // telegrams of both kinds begin at the master
	if kind&siiiAnswer != 0 {
		s.Op("siii at")
	} else {
		s.Op("siii mdt")
	}
	now := uint64(phase&siiiPhase) + 1
	before := m.Memory[3] >> 8 & 0xf
	if phase&siiiSwitch != 0 || now == before || int(now) > len(siiiPhases) {
		return
	}
	m.Memory[3] = m.Memory[3]&^0xf00 | now<<8
	s.Sender(tyto.Clue, siiiPhases[now-1], tyto.Stated, "siii.mst.phase")
	switch {
	case now == 5 && before != 0:
		s.Did(tyto.Start, "siii phase", siiiPhases[4], "")
	case before == 5:
		s.Did(tyto.Stop, "siii phase", siiiPhases[now-1], "")
	}
}
