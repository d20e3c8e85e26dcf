package opcua

import "tyto/frame"

// Deed is what a service does.
type Deed uint8

// What services do, as far as it matters.
const (
	Other Deed = iota
	Identifies
	Configures
	LogsIn
	Writes
	Calls
)

// Services are the services by the numeric id of their requests in the binary
// encoding; that of the response is 3 more, from 12000 on 1 more.
var Services = [...]struct {
	Request uint32
	Op      string
	Does    Deed
}{{422, "opcua FindServers", Identifies}, {428, "opcua GetEndpoints", Identifies}, {437, "opcua RegisterServer", Configures},
	{446, "opcua OpenSecureChannel", Other}, {452, "opcua CloseSecureChannel", Other}, {461, "opcua CreateSession", Other},
	{467, "opcua ActivateSession", LogsIn}, {473, "opcua CloseSession", Other}, {479, "opcua Cancel", Other}, {488, "opcua AddNodes", Configures},
	{494, "opcua AddReferences", Configures}, {500, "opcua DeleteNodes", Configures}, {506, "opcua DeleteReferences", Configures},
	{527, "opcua Browse", Other}, {533, "opcua BrowseNext", Other}, {554, "opcua TranslateBrowsePathsToNodeIds", Other}, {560, "opcua RegisterNodes", Other},
	{566, "opcua UnregisterNodes", Other}, {615, "opcua QueryFirst", Other}, {621, "opcua QueryNext", Other}, {631, "opcua Read", Other}, {664, "opcua HistoryRead", Other},
	{673, "opcua Write", Writes}, {700, "opcua HistoryUpdate", Writes}, {712, "opcua Call", Calls},
	{751, "opcua CreateMonitoredItems", Other}, {763, "opcua ModifyMonitoredItems", Other}, {769, "opcua SetMonitoringMode", Other},
	{775, "opcua SetTriggering", Other}, {781, "opcua DeleteMonitoredItems", Other}, {787, "opcua CreateSubscription", Other},
	{793, "opcua ModifySubscription", Other}, {799, "opcua SetPublishingMode", Other}, {826, "opcua Publish", Other}, {832, "opcua Republish", Other},
	{841, "opcua TransferSubscriptions", Other}, {847, "opcua DeleteSubscriptions", Other}, {12208, "opcua FindServersOnNetwork", Identifies},
	{12211, "opcua RegisterServer2", Configures}}

// Logins are the ways to identify in ActivateSession, by the numbers of ReadLogin.
var Logins = [8][]byte{nil, []byte("anonymous"), []byte("user name"), []byte("certificate"), []byte("issued token")}

// ReadLogin reads what follows the header of ActivateSession: how the user
// identifies, an index of Logins; not who it is.
func ReadLogin(c *frame.Cursor) int {
	String(c)
	String(c)
	for range Count(c) {
		String(c)
		String(c)
	}
	for range Count(c) {
		String(c)
	}
	kind, _ := Extension(c)
	switch kind.Number {
	case 321:
		return 1
	case 324:
		return 2
	case 327:
		return 3
	case 940:
		return 4
	}
	return 0
}

// StatusText is a status code as an outcome (part 4 clause 7.34).
func StatusText(code uint32) string {
	switch {
	case code&0x80000000 == 0:
		return "ok"
	case code == 0x801f0000:
		return "user access denied"
	case code == 0x80200000 || code == 0x80210000:
		return "identity token rejected"
	case code == 0x80340000:
		return "node unknown"
	case code == 0x803b0000:
		return "not writable"
	case code == 0x80740000:
		return "type mismatch"
	}
	return "bad"
}
