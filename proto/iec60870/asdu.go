// Package iec60870 knows the application's messages of IEC 60870-5-101, which
// -104 has too, and the frames of its serial link (IEC 60870-5-1 format FT1.2,
// IEC 60870-5-2). It is pure: no memory of its own, no allocation.
package iec60870

import "tyto/frame"

// Deed is what a type of message does, in words that need no noun of ours.
type Deed uint8

// The deeds.
const (
	Nothing Deed = iota
	Writes
	Configures
	Stops
	Transfers
)

// What kinds of types there are, by the causes that they may have.
const (
	asked      = 1<<20 | 0xffff<<21                         // by interrogation
	states     = 1<<2 | 1<<3 | 1<<5 | 1<<11 | 1<<12 | asked // IEC 60870-5-101 section 8, table of causes
	stamped    = 1<<3 | 1<<5 | 1<<11 | 1<<12
	measured   = 1<<1 | 1<<2 | 1<<3 | 1<<5 | asked
	counts     = 1<<3 | 0x1f<<37                                                         // of counters
	events     = 1 << 3                                                                  // of protection
	commands   = 0x1f<<6 | refusals                                                      // to a process
	parameters = 0x1f<<6 | asked | refusals                                              // of measured values
	files      = 1<<3 | 1<<5 | 1<<13 | refusals                                          // and directories of them
	refusals   = 1<<UnknownType | 1<<UnknownCause | 1<<UnknownAddress | 1<<UnknownObject // of what is not known
	clock      = commands | 1<<3
	reads      = 1<<5 | refusals
	restarts   = 1 << 4
)

// variable is the size of what is as long as it says itself.
const variable = 0xff

type kind struct {
	name   string // "" is reserved
	size   uint8  // of what follows an object's address, in bytes
	does   Deed
	causes uint64 // a bit each
}

// kinds are the types of ASDUs (IEC 60870-5-101 table 8 and sections 7.3.1 to 7.3.6).
var kinds = [128]kind{
	1: {"M_SP_NA_1", 1, 0, states}, 2: {"M_SP_TA_1", 4, 0, stamped}, 3: {"M_DP_NA_1", 1, 0, states}, 4: {"M_DP_TA_1", 4, 0, stamped},
	5: {"M_ST_NA_1", 2, 0, states}, 6: {"M_ST_TA_1", 5, 0, stamped}, 7: {"M_BO_NA_1", 5, 0, states}, 8: {"M_BO_TA_1", 8, 0, stamped},
	9: {"M_ME_NA_1", 3, 0, measured}, 10: {"M_ME_TA_1", 6, 0, stamped}, 11: {"M_ME_NB_1", 3, 0, measured}, 12: {"M_ME_TB_1", 6, 0, stamped},
	13: {"M_ME_NC_1", 5, 0, measured}, 14: {"M_ME_TC_1", 8, 0, stamped}, 15: {"M_IT_NA_1", 5, 0, counts}, 16: {"M_IT_TA_1", 8, 0, counts},
	17: {"M_EP_TA_1", 6, 0, events}, 18: {"M_EP_TB_1", 7, 0, events}, 19: {"M_EP_TC_1", 7, 0, events}, 20: {"M_PS_NA_1", 5, 0, states},
	21: {"M_ME_ND_1", 2, 0, measured}, 30: {"M_SP_TB_1", 8, 0, stamped}, 31: {"M_DP_TB_1", 8, 0, stamped}, 32: {"M_ST_TB_1", 9, 0, stamped},
	33: {"M_BO_TB_1", 12, 0, stamped}, 34: {"M_ME_TD_1", 10, 0, stamped}, 35: {"M_ME_TE_1", 10, 0, stamped}, 36: {"M_ME_TF_1", 12, 0, stamped},
	37: {"M_IT_TB_1", 12, 0, counts}, 38: {"M_EP_TD_1", 10, 0, events}, 39: {"M_EP_TE_1", 11, 0, events}, 40: {"M_EP_TF_1", 11, 0, events},
	45: {"C_SC_NA_1", 1, Writes, commands}, 46: {"C_DC_NA_1", 1, Writes, commands}, 47: {"C_RC_NA_1", 1, Writes, commands},
	48: {"C_SE_NA_1", 3, Writes, commands}, 49: {"C_SE_NB_1", 3, Writes, commands}, 50: {"C_SE_NC_1", 5, Writes, commands}, 51: {"C_BO_NA_1", 4, Writes, commands},
	58: {"C_SC_TA_1", 8, Writes, commands}, 59: {"C_DC_TA_1", 8, Writes, commands}, 60: {"C_RC_TA_1", 8, Writes, commands}, 61: {"C_SE_TA_1", 10, Writes, commands},
	62: {"C_SE_TB_1", 10, Writes, commands}, 63: {"C_SE_TC_1", 12, Writes, commands}, 64: {"C_BO_TA_1", 11, Writes, commands}, 70: {"M_EI_NA_1", 1, 0, restarts},
	100: {"C_IC_NA_1", 1, 0, commands}, 101: {"C_CI_NA_1", 1, 0, commands}, 102: {"C_RD_NA_1", 0, 0, reads}, 103: {"C_CS_NA_1", 7, Configures, clock},
	104: {"C_TS_NA_1", 2, 0, commands}, 105: {"C_RP_NA_1", 1, Stops, commands}, 106: {"C_CD_NA_1", 2, Configures, clock}, 107: {"C_TS_TA_1", 9, 0, commands},
	110: {"P_ME_NA_1", 3, Configures, parameters}, 111: {"P_ME_NB_1", 3, Configures, parameters}, 112: {"P_ME_NC_1", 5, Configures, parameters},
	113: {"P_AC_NA_1", 1, Configures, parameters}, 120: {"F_FR_NA_1", 6, Transfers, files}, 121: {"F_SR_NA_1", 7, 0, files}, 122: {"F_SC_NA_1", 4, Transfers, files},
	123: {"F_LS_NA_1", 5, 0, files}, 124: {"F_AF_NA_1", 4, 0, files}, 125: {"F_SG_NA_1", variable, 0, files}, 126: {"F_DR_TA_1", 13, 0, files},
	127: {"F_SC_NB_1", 16, Transfers, files},
}

// Causes of transmission (IEC 60870-5-101 table 14).
const (
	Request        = 5
	Activation     = 6
	Confirmation   = 7
	Deactivation   = 8
	Deactivated    = 9
	Terminates     = 10
	File           = 13
	UnknownType    = 44
	UnknownCause   = 45
	UnknownAddress = 46
	UnknownObject  = 47
)

// Name is the standard's name of a type, "" if it is reserved.
func Name(kind uint8) string { return kinds[kind&127].name }

// Does is what a type does.
func Does(kind uint8) Deed { return kinds[kind&127].does }

// Private reports whether a type is of IEC 60870-5-7.
func Private(kind uint8) bool { return kind >= 81 && kind <= 95 }

// Monitors reports whether a type is of what a controlled station says by itself.
func Monitors(kind uint8) bool { return kind <= 40 || kind == 70 }

// Sizes are how many bytes the parts have that a system chooses.
type Sizes struct {
	Link, Cause, Address, Object uint8
}

// Over104 is the sizes that IEC 60870-5-104 fixes.
var Over104 = Sizes{Cause: 2, Address: 2, Object: 3}

// An ASDU is a message, and its first object.
type ASDU struct {
	Kind, Number, Cause uint8
	Sequence, Negative  bool
	Test                bool
	Address             uint16
	Object              uint32
	rest                int // bytes after the common address
}

// Read reads the beginning of a message; ok is false if it is shorter.
func Read(c *frame.Cursor, z Sizes) (a ASDU, ok bool) {
	a.Kind = c.U8()
	number, cause := c.U8(), c.U8()
	c.Skip(int(z.Cause) - 1) // originator
	a.Number, a.Sequence = number&0x7f, number&0x80 != 0
	a.Cause, a.Negative = cause&0x3f, cause&0x40 != 0
	a.Test = cause&0x80 != 0
	a.Address = uint16(little(c, z.Address))
	a.rest = c.Len()
	a.Object = little(c, z.Object)
	return a, !c.Short()
}

func little(c *frame.Cursor, n uint8) (x uint32) {
	for i := range n {
		x |= uint32(c.U8()) << (8 * i)
	}
	return x
}

// Fits reports whether the message is as long as its type and its number of
// objects say; true of types that do not say.
func (a *ASDU) Fits(z Sizes) bool {
	size := int(kinds[a.Kind&127].size)
	switch {
	case kinds[a.Kind&127].name == "":
		return true
	case size == variable:
		return a.rest > int(z.Object)+4
	case a.Sequence:
		return a.rest == int(z.Object)+int(a.Number)*size
	}
	return a.rest == int(a.Number)*(int(z.Object)+size)
}

// Reserved reports whether the cause has no meaning (IEC 60870-5-101 table 14, IEC 60870-5-7).
func (a *ASDU) Reserved() bool {
	c := a.Cause
	return c == 0 || c >= 17 && c < 20 || c > 41 && c < UnknownType || c > UnknownObject
}

// Refuses reports whether the cause is that something is not known.
func (a *ASDU) Refuses() bool { return a.Cause >= UnknownType && a.Cause <= UnknownObject }

// Repeats reports whether a message of the cause repeats the one that it answers.
func (a *ASDU) Repeats() bool {
	return a.Cause == Confirmation || a.Cause == Deactivated || a.Cause == Terminates || a.Refuses()
}

// Outcome is what the cause says of what was asked.
func (a *ASDU) Outcome() string {
	switch {
	case a.Cause == UnknownType:
		return "unknown type"
	case a.Cause == UnknownCause:
		return "unknown cause"
	case a.Cause == UnknownAddress:
		return "unknown common address"
	case a.Cause == UnknownObject:
		return "unknown object address"
	case a.Negative:
		return "negative"
	}
	return "ok"
}

// Pack is type, common address and object in one word; it is zero only of no message.
func (a *ASDU) Pack() uint64 { return uint64(a.Kind)<<48 | uint64(a.Address)<<24 | uint64(a.Object) }

// Unpack is the message of a word that Pack made, as far as it is in there.
func Unpack(word uint64) ASDU {
	return ASDU{Kind: uint8(word >> 48), Address: uint16(word >> 24), Object: uint32(word) & 0xffffff}
}
