package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/jsonfield"
	"tyto/tyto"
)

// OCPP-J, the Open Charge Point Protocol of charging stations for electric
// vehicles (versions 1.6 and 2.0.1), in WebSocket frames (RFC 6455).
func init() {
	register(Dissector{
		Name: "ocpp", Industrial: true,
		Where:    []Where{TCP(9000), TCP(8180), TCP(8887)},
		Anywhere: true, First: "\x81\x01",
		Is: isOCPP, Split: splitOCPP, Tell: tellOCPP,
	})
}

const (
	ocppLooked  = 2048 // bytes of a message that are unmasked and looked at
	ocppPending = 3    // Memory[0] to [2]: requests that wait, hash of their id over the number of the action
)

// ocppActions are what either end may ask for. Those of stations only tell.
var ocppActions = [...]struct {
	name, op string
	verb     tyto.Verb
}{{"BootNotification", "ocpp BootNotification", 0}, {"Heartbeat", "ocpp Heartbeat", 0}, {"StatusNotification", "ocpp StatusNotification", 0},
	{"MeterValues", "ocpp MeterValues", 0}, {"Authorize", "ocpp Authorize", 0}, {"StartTransaction", "ocpp StartTransaction", 0},
	{"StopTransaction", "ocpp StopTransaction", 0}, {"TransactionEvent", "ocpp TransactionEvent", 0}, {"DataTransfer", "ocpp DataTransfer", tyto.Execute},
	{"FirmwareStatusNotification", "ocpp FirmwareStatusNotification", 0}, {"DiagnosticsStatusNotification", "ocpp DiagnosticsStatusNotification", 0},
	{"SecurityEventNotification", "ocpp SecurityEventNotification", 0}, {"NotifyReport", "ocpp NotifyReport", 0}, {"NotifyEvent", "ocpp NotifyEvent", 0},
	{"Reset", "ocpp Reset", tyto.Stop}, {"UpdateFirmware", "ocpp UpdateFirmware", tyto.UpdateFirmware}, {"SignedUpdateFirmware", "ocpp SignedUpdateFirmware", tyto.UpdateFirmware},
	{"RemoteStartTransaction", "ocpp RemoteStartTransaction", tyto.Start}, {"RemoteStopTransaction", "ocpp RemoteStopTransaction", tyto.Stop},
	{"RequestStartTransaction", "ocpp RequestStartTransaction", tyto.Start}, {"RequestStopTransaction", "ocpp RequestStopTransaction", tyto.Stop},
	{"UnlockConnector", "ocpp UnlockConnector", tyto.Execute}, {"ChangeConfiguration", "ocpp ChangeConfiguration", tyto.Configure},
	{"SetVariables", "ocpp SetVariables", tyto.Configure}, {"ChangeAvailability", "ocpp ChangeAvailability", tyto.Configure},
	{"SetChargingProfile", "ocpp SetChargingProfile", tyto.Write}, {"ClearChargingProfile", "ocpp ClearChargingProfile", tyto.Write},
	{"SendLocalList", "ocpp SendLocalList", tyto.Write}, {"ClearCache", "ocpp ClearCache", tyto.Write}, {"ReserveNow", "ocpp ReserveNow", tyto.Write},
	{"CancelReservation", "ocpp CancelReservation", tyto.Write}, {"GetDiagnostics", "ocpp GetDiagnostics", tyto.Transfer}, {"GetLog", "ocpp GetLog", tyto.Transfer},
	{"GetConfiguration", "ocpp GetConfiguration", 0}, {"GetVariables", "ocpp GetVariables", 0}, {"GetBaseReport", "ocpp GetBaseReport", tyto.Identify},
	{"TriggerMessage", "ocpp TriggerMessage", tyto.Execute}, {"SetNetworkProfile", "ocpp SetNetworkProfile", tyto.Configure},
	{"InstallCertificate", "ocpp InstallCertificate", tyto.Configure}, {"CertificateSigned", "ocpp CertificateSigned", tyto.Configure},
	{"DeleteCertificate", "ocpp DeleteCertificate", tyto.Configure}, {"SignCertificate", "ocpp SignCertificate", 0}}

var (
	ocppStation = []byte("ocpp charging station")
	ocppCentral = []byte("ocpp central system")
)

// ocppFrame is the header of a WebSocket frame: kind, mask (nil if there is none), length of header and data.
func ocppFrame(b []byte) (kind byte, mask []byte, header, n int) {
	c := frame.Read(b)
	kind = c.U8()
	length := c.U8()
	switch n = int(length & 0x7f); n {
	case 126:
		n = int(c.U16())
	case 127:
		if c.U32() != 0 {
			return 0, nil, 0, -1
		}
		n = int(c.U32())
	}
	if length&0x80 != 0 {
		mask = c.Bytes(4)
	}
	if c.Short() {
		return kind, nil, 0, 0
	}
	return kind, mask, len(b) - c.Len(), n
}

// ocppText appends the beginning of the frame's data, without its mask.
func ocppText(dst, data, mask []byte) []byte {
	data = data[:min(len(data), cap(dst))]
	dst = append(dst, data...)
	if len(mask) == 4 {
		for i := range dst {
			dst[i] ^= mask[i&3]
		}
	}
	return dst
}

// ocppHead reads the start of a message: its kind (2 call, 3 result, 4 error), its id, and of a call the action's number.
func ocppHead(b []byte) (kind byte, id []byte, action int) {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) < 6 || b[0] != '[' || b[1] < '2' || b[1] > '4' {
		return 0, nil, -1
	}
	kind, b = b[1], bytes.TrimLeft(b[2:], ", \t\r\n")
	if id, b = ocppString(b); id == nil {
		return 0, nil, -1
	}
	if kind != '2' {
		return kind, id, -1
	}
	name, _ := ocppString(bytes.TrimLeft(b, ", \t\r\n"))
	for i := range ocppActions {
		if string(name) == ocppActions[i].name {
			return kind, id, i
		}
	}
	return kind, id, -1
}

func ocppString(b []byte) (text, rest []byte) {
	if len(b) < 2 || b[0] != '"' {
		return nil, b
	}
	i := bytes.IndexByte(b[1:], '"')
	if i < 0 {
		return nil, b
	}
	return b[1 : i+1], b[i+2:]
}

func isOCPP(m *Message) bool {
	kind, mask, header, n := ocppFrame(m.Body)
	if kind != 0x81 || header == 0 || n < 6 || n > 1<<20 {
		return false
	}
	var room [128]byte
	call, _, action := ocppHead(ocppText(room[:0], m.Body[header:], mask))
	return call == '2' && action >= 0
}

func splitOCPP(m *Message) int {
	_, _, header, n := ocppFrame(m.Body)
	switch {
	case n < 0 || n > 16<<20:
		return -1
	case header == 0:
		return 0
	}
	return header + n
}

func tellOCPP(m *Message, s *Sink) {
	kind, mask, header, _ := ocppFrame(m.Body)
	if kind != 0x81 { // pings, and what goes on
		return
	}
	room := s.Scratch(ocppLooked)
	if room == nil {
		return
	}
	b := ocppText(room[:0], m.Body[header:], mask)
	call, id, action := ocppHead(b)
	if call == 0 {
		s.Malformed("ocpp: message")
		return
	}
	if call != '2' {
		tellOCPPResult(m, s, call, id, b)
		return
	}
	if action < 0 {
		s.Op("ocpp other")
		return
	}
	x := &ocppActions[action]
	s.Op(x.op)
	if x.name == "BootNotification" {
		tellOCPPStation(s, b)
	}
	if x.verb == tyto.NoVerb {
		return
	}
	if before := m.Memory[ocppPending-1]; before != 0 {
		y := &ocppActions[before&0xff]
		s.Did(y.verb, y.op, nil, NoAnswer)
	}
	copy(m.Memory[1:ocppPending], m.Memory[:ocppPending-1])
	m.Memory[0] = ocppHash(id)<<8 | uint64(action)
}

// ocppHash is FNV-1a of an id, never 0 in its lower 56 bits.
func ocppHash(id []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, x := range id {
		h = (h ^ uint64(x)) * 1099511628211
	}
	return h | 1
}

func tellOCPPResult(m *Message, s *Sink, call byte, id, b []byte) {
	want := ocppHash(id) << 8
	for i := range ocppPending {
		if m.Memory[i] == 0 || m.Memory[i]&^0xff != want {
			continue
		}
		x := &ocppActions[m.Memory[i]&0xff]
		copy(m.Memory[i:ocppPending], m.Memory[i+1:ocppPending])
		m.Memory[ocppPending-1] = 0
		outcome := "ok"
		switch status := jsonfield.Get(b, "status"); {
		case call == '4':
			outcome = "error"
		case string(status) == "Rejected":
			outcome = "rejected"
		case string(status) == "NotSupported" || string(status) == "NotImplemented" || string(status) == "UnknownVendorId":
			outcome = "not supported"
		}
		s.Undergone(x.verb, x.op, nil, outcome)
		return
	}
}

// ocppFields are what a station says of itself in 1.6 and in 2.0.1. Cards and persons are in other messages.
var ocppFields = [...]struct {
	name, field string
	attr        tyto.Attr
}{{"chargePointVendor", "ocpp.chargePointVendor", tyto.Vendor}, {"vendorName", "ocpp.vendorName", tyto.Vendor},
	{"chargePointModel", "ocpp.chargePointModel", tyto.Model}, {"model", "ocpp.model", tyto.Model},
	{"chargePointSerialNumber", "ocpp.chargePointSerialNumber", tyto.Serial}, {"serialNumber", "ocpp.serialNumber", tyto.Serial},
	{"firmwareVersion", "ocpp.firmwareVersion", tyto.Firmware}, {"chargeBoxSerialNumber", "ocpp.chargeBoxSerialNumber", tyto.Clue},
	{"meterType", "ocpp.meterType", tyto.Clue}, {"meterSerialNumber", "ocpp.meterSerialNumber", tyto.Clue}}

func tellOCPPStation(s *Sink, b []byte) {
	s.Sender(tyto.Role, ocppStation, tyto.Shown, "ocpp.action")
	s.Receiver(tyto.Role, ocppCentral, tyto.Shown, "ocpp.action")
	for i := range ocppFields {
		x := &ocppFields[i]
		s.Sender(x.attr, jsonfield.Get(b, x.name), tyto.Stated, x.field)
	}
}
