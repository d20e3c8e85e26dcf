package s7comm

import (
	"strconv"

	"tyto/frame"
)

// AppendTSAP appends where a connection leads, of two bytes: "PG rack 0 slot 2".
func AppendTSAP(b, called []byte) []byte {
	if cap(b)-len(b) < 32 || len(called) != 2 {
		return b
	}
	switch called[0] {
	case 1:
		b = append(b, "PG"...)
	case 2:
		b = append(b, "OP"...)
	case 3:
		b = append(b, "S7 basic"...)
	default:
		b = append(b, "other"...)
	}
	b = strconv.AppendUint(append(b, " rack "...), uint64(called[1]>>5), 10)
	return strconv.AppendUint(append(b, " slot "...), uint64(called[1]&31), 10)
}

// AppendVersion appends the version of a firmware, a letter and three numbers:
// "V3.2.6"; nothing if there is none.
func AppendVersion(b []byte, c *frame.Cursor) []byte {
	if c.U8() != 'V' || cap(b)-len(b) < 12 {
		return b
	}
	b = strconv.AppendUint(append(b, 'V'), uint64(c.U8()), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(c.U8()), 10)
	return strconv.AppendUint(append(b, '.'), uint64(c.U8()), 10)
}

// Append appends what the service does, and to which block.
func (s *Service) Append(b []byte, to Block) []byte {
	if b = append(b, s.Says...); to.Kind != 0 {
		b = AppendBlock(append(b, ' '), to)
	}
	return b
}
