// Package mib knows the objects of SNMP that tell who an agent is: by the
// encoded beginning of their identifier. It is pure: no memory of its own, no allocation.
package mib

// What is what an object says.
type What uint8

// The kinds of an Object.
const (
	Other What = iota // worth keeping as it is
	Descr
	ObjectID
	Name
	Place
	Vendor
	Model
	Number
	Serial
	Firmware
	Hardware
	Label // what its owner calls it
	PhysAddress
	Address
	PartDescr // a part: the index is its number
	PartModel
	PartSerial
	PartFirmware
	PartHardware
	PartVendor
	TrapOID
)

// An Object is an object, or a column of a table.
type Object struct {
	What  What
	Field string // "snmp.sysDescr"
	OID   string // encoded, without the index
}

// Encoded beginnings: 1.3.6.1.2.1 and 1.3.6.1.4.1.
const (
	mib2       = "\x2b\x06\x01\x02\x01"
	enterprise = "\x2b\x06\x01\x04\x01"
	entity     = mib2 + "\x2f\x01\x01\x01\x01" // entPhysicalEntry, RFC 6933
	printer    = mib2 + "\x2b\x05\x01\x01"     // prtGeneralEntry, RFC 3805
	ups        = mib2 + "\x21\x01\x01"         // upsIdent, RFC 1628
	apc        = enterprise + "\x82\x3e\x01\x01"
)

// Objects are the objects, with those of one table together.
var Objects = [...]Object{
	{Descr, "snmp.sysDescr", mib2 + "\x01\x01"}, // RFC 3418
	{ObjectID, "snmp.sysObjectID", mib2 + "\x01\x02"},
	{Name, "snmp.sysName", mib2 + "\x01\x05"},
	{Place, "snmp.sysLocation", mib2 + "\x01\x06"},
	{Other, "snmp.sysServices", mib2 + "\x01\x07"},
	{TrapOID, "snmp.snmpTrapOID", "\x2b\x06\x01\x06\x03\x01\x01\x04\x01"},
	{PhysAddress, "snmp.ifPhysAddress", mib2 + "\x02\x02\x01\x06"}, // RFC 2863
	{Address, "snmp.ipAdEntAddr", mib2 + "\x04\x14\x01\x01"},       // RFC 4293
	{PartDescr, "snmp.entPhysicalDescr", entity + "\x02"},
	{PartHardware, "snmp.entPhysicalHardwareRev", entity + "\x08"},
	{PartFirmware, "snmp.entPhysicalFirmwareRev", entity + "\x09"},
	{PartFirmware, "snmp.entPhysicalSoftwareRev", entity + "\x0a"},
	{PartSerial, "snmp.entPhysicalSerialNum", entity + "\x0b"},
	{PartVendor, "snmp.entPhysicalMfgName", entity + "\x0c"},
	{PartModel, "snmp.entPhysicalModelName", entity + "\x0d"},
	{Other, "snmp.entPhysicalName", entity + "\x07"},
	{Other, "snmp.hrDeviceDescr", mib2 + "\x19\x03\x02\x01\x03"}, // RFC 2790
	{Model, "snmp.prtGeneralPrinterName", printer + "\x10"},
	{Serial, "snmp.prtGeneralSerialNumber", printer + "\x11"},
	{Vendor, "snmp.upsIdentManufacturer", ups + "\x01"},
	{Model, "snmp.upsIdentModel", ups + "\x02"},
	{Firmware, "snmp.upsIdentUPSSoftwareVersion", ups + "\x03"},
	{Other, "snmp.upsIdentAgentSoftwareVersion", ups + "\x04"},
	{Label, "snmp.upsIdentName", ups + "\x05"},
	{Other, "snmp.upsIdentAttachedDevices", ups + "\x06"},
	{Model, "snmp.upsBasicIdentModel", apc + "\x01\x01\x01\x01"}, // PowerNet MIB
	{Firmware, "snmp.upsAdvIdentFirmwareRevision", apc + "\x01\x01\x02\x01"},
	{Serial, "snmp.upsAdvIdentSerialNumber", apc + "\x01\x01\x02\x03"},
	{Hardware, "snmp.rPDUIdentHardwareRev", apc + "\x0c\x01\x02"},
	{Firmware, "snmp.rPDUIdentFirmwareRev", apc + "\x0c\x01\x03"},
	{Number, "snmp.rPDUIdentModelNumber", apc + "\x0c\x01\x05"},
	{Serial, "snmp.rPDUIdentSerialNumber", apc + "\x0c\x01\x06"},
	{Serial, "snmp.chassisId", enterprise + "\x09\x03\x06\x03"},                          // OLD-CISCO-CHASSIS-MIB
	{Other, "snmp.jetdirect", enterprise + "\x0b\x02\x03\x09\x01\x01\x07"},               // IEEE 1284 device id
	{Serial, "snmp.hpHttpMgSerialNumber", enterprise + "\x0b\x02\x24\x01\x01\x02\x09"},   // HP-httpManageable-MIB
	{Serial, "snmp.fnSysSerial", enterprise + "\xe0\x44\x64\x01\x01\x01"},                // Fortinet, 12356
	{Model, "snmp.synoModelName", enterprise + "\xb3\x2e\x01\x05\x01"},                   // Synology, 6574
	{Serial, "snmp.synoSerialNumber", enterprise + "\xb3\x2e\x01\x05\x02"},               //
	{Firmware, "snmp.synoVersion", enterprise + "\xb3\x2e\x01\x05\x03"},                  //
	{Serial, "snmp.mtxrSerialNumber", enterprise + "\xf5\x0c\x01\x01\x07\x03"},           // MikroTik, 14988
	{Firmware, "snmp.mtxrFirmwareVersion", enterprise + "\xf5\x0c\x01\x01\x07\x04"},      //
	{Model, "snmp.jnxBoxDescr", enterprise + "\x94\x4c\x03\x01\x02"},                     // Juniper, 2636
	{Serial, "snmp.jnxBoxSerialNo", enterprise + "\x94\x4c\x03\x01\x03"},                 //
	{Serial, "snmp.dellServiceTag", enterprise + "\x85\x22\xd5\x0c\x05\x01\x03\x02"},     // Dell 674, IDRAC-MIB
	{Model, "snmp.dellSystemModelName", enterprise + "\x85\x22\xd5\x0c\x05\x01\x03\x0c"}, //
}

// Find is the object to which the encoded identifier belongs, and its index;
// nil if it is none of ours.
func Find(oid []byte) (o *Object, index []byte) {
	if len(oid) < len(mib2)+2 || string(oid[:3]) != mib2[:3] {
		return nil, nil
	}
	for i := range Objects {
		o = &Objects[i]
		if n := len(o.OID); len(oid) > n && string(oid[:n]) == o.OID {
			return o, oid[n:]
		}
	}
	return nil, nil
}
