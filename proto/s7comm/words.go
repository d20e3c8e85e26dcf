package s7comm

import "strconv"

// Area is what a memory area is called.
func Area(area byte) string {
	switch area {
	case 0x03:
		return "system information"
	case 0x05:
		return "system flags"
	case 0x06:
		return "analog inputs"
	case 0x07:
		return "analog outputs"
	case 0x1c:
		return "counter"
	case 0x1d:
		return "timer"
	case 0x80:
		return "peripheral"
	case 0x81:
		return "inputs"
	case 0x82:
		return "outputs"
	case 0x83:
		return "flags"
	case 0x84:
		return "DB"
	case 0x85:
		return "instance DB"
	case 0x86, 0x87:
		return "local data"
	}
	return ""
}

// AppendItem appends an item as text: "DB 10 byte 4", "flags byte 20".
func AppendItem(b []byte, it Item) []byte {
	name := Area(it.Area)
	if name == "" || cap(b) < 48 {
		return b
	}
	b = append(b, name...)
	switch it.Area {
	case 0x84, 0x85:
		b = strconv.AppendUint(append(b, ' '), uint64(it.DB), 10)
	case 0x1c, 0x1d:
		return strconv.AppendUint(append(b, ' '), uint64(it.Byte), 10)
	}
	return strconv.AppendUint(append(b, " byte "...), uint64(it.Byte), 10)
}

// AppendBlock appends a block as text: "OB 1".
func AppendBlock(b []byte, x Block) []byte {
	name := "block"
	switch x.Kind {
	case 0:
		return b
	case 0x08:
		name = "OB"
	case 0x0a:
		name = "DB"
	case 0x0b:
		name = "SDB"
	case 0x0c:
		name = "FC"
	case 0x0d:
		name = "SFC"
	case 0x0e:
		name = "FB"
	case 0x0f:
		name = "SFB"
	}
	if cap(b)-len(b) < 16 {
		return b
	}
	return strconv.AppendUint(append(append(b, name...), ' '), uint64(x.Number), 10)
}

// ErrorText is the error of an answer, "ok" for none.
func ErrorText(e uint16) string {
	switch e {
	case 0:
		return "ok"
	case 0x8104:
		return "not implemented"
	case 0x8500:
		return "wrong length of message"
	case 0x8702:
		return "invalid address"
	case 0xd209:
		return "block does not exist"
	case 0xd240:
		return "transfer is not possible"
	case 0xd241, 0xd602, 0xd604:
		return "protected by a password"
	case 0xd401:
		return "unknown list"
	case 0xd402:
		return "unknown index"
	case 0xd601:
		return "wrong password"
	case 0xd603:
		return "already logged in"
	case 0xd605:
		return "not logged in"
	}
	switch e >> 8 {
	case 0x81:
		return "application relationship"
	case 0x82:
		return "object definition"
	case 0x83:
		return "no resources"
	case 0x84:
		return "service processing"
	case 0x85:
		return "supplies"
	case 0x87:
		return "access"
	}
	return "error"
}

// ReturnText is the return code of an item, "ok" for success.
func ReturnText(code byte) string {
	switch code {
	case 0xff, 0x00:
		return "ok"
	case 0x01:
		return "hardware fault"
	case 0x03:
		return "access not allowed"
	case 0x05:
		return "invalid address"
	case 0x06:
		return "type not supported"
	case 0x07:
		return "type inconsistent"
	case 0x0a:
		return "object does not exist"
	}
	return "error"
}

var modes = [16]string{1: "stop", 2: "stop", 3: "stop", 4: "stop", 5: "startup", 6: "startup", 7: "startup", 8: "run", 9: "run redundant", 10: "hold",
	11: "link-up", 12: "update", 13: "defect", 14: "selftest", 15: "no power"}

// Mode is the operating mode of a controller, from its diagnostics.
func Mode(x byte) string { return modes[x&15] }

// Transition is the operating mode that a controller says it has changed to, "" if it is not known.
func Transition(x byte) string {
	switch x {
	case 0:
		return "stop"
	case 1, 3, 6:
		return "startup"
	case 2:
		return "run"
	case 4:
		return "hold"
	case 9:
		return "run redundant"
	case 11:
		return "link-up"
	case 12:
		return "update"
	}
	return ""
}

var selectors = [...]string{"", "run", "run-p", "stop", "mres"}

// Selector is the position of the mode switch, "" if it is not known.
func Selector(x uint16) string {
	if int(x) < len(selectors) {
		return selectors[x]
	}
	return ""
}

var protections = [...]string{"", "none", "write", "read and write", "complete"}

// Protection is what a level of protection refuses, "" if it is not known.
func Protection(level uint16) string {
	if int(level) < len(protections) {
		return protections[level]
	}
	return ""
}

// JobName is what a function of a job is called, as an operation.
func JobName(function byte) string {
	switch function {
	case CPUServices:
		return "s7comm cpu services"
	case ReadVar:
		return "s7comm read"
	case WriteVar:
		return "s7comm write"
	case RequestDownload:
		return "s7comm request download"
	case DownloadBlock:
		return "s7comm download block"
	case DownloadEnded:
		return "s7comm download ended"
	case StartUpload:
		return "s7comm start upload"
	case Upload:
		return "s7comm upload"
	case EndUpload:
		return "s7comm end upload"
	case PIService:
		return "s7comm pi service"
	case PLCStop:
		return "s7comm plc stop"
	case Setup:
		return "s7comm setup communication"
	}
	return ""
}

// UserName is what a function of user data is called, as an operation.
func UserName(group, sub byte) string {
	switch group {
	case ModeTransition:
		return "s7comm mode transition"
	case Programmer:
		return "s7comm programmer commands"
	case Cyclic:
		return "s7comm cyclic data"
	case Blocks:
		return "s7comm block functions"
	case CPU:
		switch sub {
		case 1:
			return "s7comm read szl"
		case 2:
			return "s7comm message service"
		case 3:
			return "s7comm diagnostic message"
		}
		return "s7comm cpu functions"
	case Security:
		return "s7comm security"
	case PBC:
		return "s7comm block send"
	case Time:
		if sub == 2 || sub == 4 {
			return "s7comm set clock"
		}
		return "s7comm read clock"
	case NC:
		return "s7comm nc programming"
	}
	return ""
}
