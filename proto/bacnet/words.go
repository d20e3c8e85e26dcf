package bacnet

// States is what ReinitializeDevice asks for (clause 16.4.1.1.2).
var States = [...]string{"coldstart", "warmstart", "start backup", "end backup", "start restore", "end restore", "abort restore",
	"activate changes"}

// Talks is what DeviceCommunicationControl asks for (clause 16.1.1.1.2).
var Talks = [...]string{"enable", "disable", "disable initiation"}

var classes = [...]string{"error: device", "error: object", "error: property", "error: resources", "error: security",
	"error: services", "error: vt", "error: communication"}

// codes are the error codes (clause 21, BACnetErrorCode) as far as stations send them.
var codes = [...]string{
	0:  "error: other",
	1:  "error: authentication failed",
	2:  "error: configuration in progress",
	3:  "error: device busy",
	4:  "error: dynamic creation not supported",
	5:  "error: file access denied",
	6:  "error: incompatible security levels",
	7:  "error: inconsistent parameters",
	8:  "error: inconsistent selection criterion",
	9:  "error: invalid data type",
	10: "error: invalid file access method",
	11: "error: invalid file start position",
	12: "error: invalid operator name",
	13: "error: invalid parameter data type",
	14: "error: invalid time stamp",
	15: "error: key generation error",
	16: "error: missing required parameter",
	17: "error: no objects of specified type",
	18: "error: no space for object",
	19: "error: no space to add list element",
	20: "error: no space to write property",
	21: "error: no vt sessions available",
	22: "error: property is not a list",
	23: "error: object deletion not permitted",
	24: "error: object identifier already exists",
	25: "error: operational problem",
	26: "error: password failure",
	27: "error: read access denied",
	28: "error: security not supported",
	29: "error: service request denied",
	30: "error: timeout",
	31: "error: unknown object",
	32: "error: unknown property",
	34: "error: unknown vt class",
	35: "error: unknown vt session",
	36: "error: unsupported object type",
	37: "error: value out of range",
	38: "error: vt session already closed",
	39: "error: vt session termination failure",
	40: "error: write access denied",
	41: "error: character set not supported",
	42: "error: invalid array index",
	43: "error: cov subscription failed",
	44: "error: not cov property",
	45: "error: optional functionality not supported",
	46: "error: invalid configuration data",
	47: "error: datatype not supported",
	48: "error: duplicate name",
	49: "error: duplicate object id",
	50: "error: property is not an array",
}

var rejects = [...]string{"rejected: other", "rejected: buffer overflow", "rejected: inconsistent parameters",
	"rejected: invalid parameter data type", "rejected: invalid tag", "rejected: missing required parameter",
	"rejected: parameter out of range", "rejected: too many arguments", "rejected: undefined enumeration", "rejected: unrecognized service"}

// RejectText is the reason of a Reject message.
func RejectText(reason uint8) string {
	if int(reason) < len(rejects) {
		return rejects[reason]
	}
	return "rejected"
}

var aborts = [...]string{"aborted: other", "aborted: buffer overflow", "aborted: invalid apdu in this state",
	"aborted: preempted by higher priority task", "aborted: segmentation not supported", "aborted: security error",
	"aborted: insufficient security", "aborted: window size out of range", "aborted: application exceeded reply time",
	"aborted: out of resources", "aborted: tsm timeout", "aborted: apdu too long"}

// AbortText is the reason of an Abort message.
func AbortText(reason uint8) string {
	if int(reason) < len(aborts) {
		return aborts[reason]
	}
	return "aborted"
}
